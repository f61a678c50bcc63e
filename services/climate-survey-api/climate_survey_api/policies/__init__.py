"""The district's rules for its surveys: how few are too few, how early parents are told, who may read comments.

Announces nothing; a survey keeps the rules that held when it closed.
"""
