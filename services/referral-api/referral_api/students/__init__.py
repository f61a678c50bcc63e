"""Who the district's students are: schools, students, and the roster files (`imports`) they come from.

Owns orgs, students, their schools and roles. Announces `EnrollmentCounted` after every roster import. Listens to
nothing.
"""
