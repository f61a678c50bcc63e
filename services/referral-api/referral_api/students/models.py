"""The roster as it is now: orgs, students, who is at which school, and the rows that a later delta file builds on."""

from sqlalchemy import Boolean, Column, Date, Index, Integer, LargeBinary, Table, Text

from referral_api.base import metadata

orgs = Table(
    "orgs",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("org_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("identifier", Text),
    Column("parent_org_id", Text),
    Column("active", Boolean, nullable=False),
)
"""Schools and what is above them. One that the roster drops stays, inactive: referrals point to it."""

students = Table(
    "students",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("student_id", Text, primary_key=True),
    Column("given_name", LargeBinary, nullable=False, info={"sealed": True}),
    Column("family_name", LargeBinary, nullable=False, info={"sealed": True}),
    Column("grade", Text),
    Column("race_ethnicity", Text, nullable=False),
    Column("sex", Text, nullable=False),
    Column("disability", Text, nullable=False),
    Column("english_learner", Boolean),
    Column("active", Boolean, nullable=False),
)
"""Everybody who is or was a student. A leaver stays, inactive, and comes back when the roster has him again."""

student_schools = Table(
    "student_schools",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("student_id", Text, primary_key=True),
    Column("school_id", Text, primary_key=True),
    Index("ix_student_schools_of_school", "district_id", "school_id", "student_id"),
)
"""The schools an active student is at today. Without a foreign key: its checks would double an import's time."""

roster_roles = Table(
    "roster_roles",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("role_id", Text, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("org_id", Text, nullable=False),
    Column("begins_on", Date),
    Column("ends_on", Date),
)
"""Every user's roles, `ext:schoolResourceOfficer` among them. OneRoster 1.1 names no role: user and org make its id."""

other_users = Table(
    "other_users",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
)
"""Users who are no active students: nothing but their id, so that a delta file may speak of them."""

academic_sessions = Table(
    "academic_sessions",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("session_id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("school_year", Integer, nullable=False),
)
"""Terms and school years. A session of kind `schoolYear` that holds a day says which school year it lies in."""

enrollments = Table(
    "enrollments",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("enrollment_id", Text, primary_key=True),
    Column("class_id", Text, nullable=False),
    Column("school_id", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("begins_on", Date),
    Column("ends_on", Date),
)
"""Who sits in which class, where the district sends it; nothing depends on it."""

roster_revisions = Table(
    "roster_revisions",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("file", Text, primary_key=True),
    Column("sourced_id", Text, primary_key=True),
    Column("modified_at", Text, nullable=False),
)
"""The `dateLastModified` of the newest row taken of each sourcedId, of those that named one, also of the deleted.

A delta file that arrives late must not undo a newer one. As text of fixed width in UTC, which sorts as the time does:
it is compared in the scratch database alone.
"""
