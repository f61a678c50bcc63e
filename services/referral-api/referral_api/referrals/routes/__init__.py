"""Referrals over HTTP: parse, who may, one operation or query, answer. One file per thing that a caller comes for."""
