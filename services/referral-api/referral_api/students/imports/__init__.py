"""Roster files from the district's SIS: OneRoster CSV zips taken in, checked row by row, and applied as a whole.

The way of a file: `routes` streams it to disk, `worker` picks it up, `archive` and `manifest` decide whether it can be
used, `files` and `reading` take its rows to a scratch database, `revisions` drops those that come late, `resolving` and
`naming` join them to what is known, and `applying` writes the differences and announces `EnrollmentCounted`, all in one
transaction.
"""
