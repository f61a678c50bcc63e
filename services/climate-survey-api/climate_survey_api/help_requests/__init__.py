"""Help requests: somebody wants to talk to an adult. Sealed, and joined to no code, no answer and no survey.

Announces that one was made, at which school and on which day.
"""
