"""Standing: how an officer stands to each requirement on any day, and what he may do at each school.

Announces a standing whenever what it follows from changes, and once what time alone changes in it.
"""
