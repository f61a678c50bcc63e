"""The record of who asked to see a student's record and what came of it (34 CFR 99.32), kept as long as the record is.

Owns disclosures, the purposes for which an officer may ask, and the review of what was disclosed in an emergency.
Announces nothing, listens to nothing; the nouns that disclose write it in their own transaction.
"""
