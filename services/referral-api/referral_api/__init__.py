"""referral-api: the roster, and referrals from the moment an adult is worried until the student has got help."""
