"""Agreements (MOUs) between the district and agencies: parties, schools, term, clauses, signatures, versions.

Announces every change, and what time alone changes: a term that begins, runs out, has run out.
"""
