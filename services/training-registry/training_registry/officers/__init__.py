"""Officers: who employs them, where they are assigned, and the principals' part in choosing and evaluating them.

Announces nothing itself: whoever changes an officer sees to it that his standing is announced (`changes`).
"""
