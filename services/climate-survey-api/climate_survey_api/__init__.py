"""Surveys of school climate: what is asked, of whom, answered by nobody who could be traced, and what it says."""
