"""What can be read of instruments."""
