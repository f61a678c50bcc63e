"""Referrals and the roster they rest on."""
