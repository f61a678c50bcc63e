"""Surveys that are answered in tests."""

from uuid import UUID

ADMINISTRATION = UUID("0190f3a2-5b7c-4c1d-9e2f-3a4b5c6d7e8f")
