"""A student's way to help: submitted by an adult, worked by a counsellor or provider, closed with the referrer told.

Owns the referral and the steps of its life. Announces every step on the topic `referrals`; listens to nothing.
"""
