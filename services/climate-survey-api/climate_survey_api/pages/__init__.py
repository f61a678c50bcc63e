"""Pages for people: the form on a phone, the preview for parents, how many have answered, asking for an adult.

Announces nothing; what is sent goes through the nouns' own operations.
"""
