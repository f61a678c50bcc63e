"""What results are made of: shares, means, intervals, reliability, and what may be shown. Pure."""
