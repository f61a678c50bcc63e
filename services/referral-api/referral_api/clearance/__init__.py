"""Two of the three keys: whether an officer is trained, and whether an agreement covers him, on any day asked.

Owns the register of officers' standings and of agreements, as the training registry last told them. Announces nothing;
listens to `OfficerStandingChanged` and `AgreementChanged`. What time alone ends needs no event: the register keeps the
dates. The third key, a stated purpose, is `disclosures`' own.
"""
