"""What can be read of results: figures, changes between waves, respondents beside those who were invited."""
