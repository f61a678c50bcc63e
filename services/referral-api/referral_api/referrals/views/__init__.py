"""What can be read of referrals, and who may read how much of it."""
