"""How a referral may be refused.

NotFound      ReferralNotFound, SchoolNotFound
Forbidden     NotYourStep, StatusOnly
Conflict      NoSuchStep, ReferralExists, ContactExists, StillOpen, OtherNotOpen
Invalid       StudentNotAtSchool, NotedInFuture, NotedTooLongAgo, ContactInFuture, ContactTooEarly,
              ConsentInFuture, NothingToReopen, NothingToMergeInto, WouldHideChanges
"""

from shared.errors import Conflict, Forbidden, Invalid, NotFound


class ReferralNotFound(NotFound):
    """There is no such referral that the caller may know of."""


class SchoolNotFound(NotFound):
    """There is no such school that the caller may refer at."""


class NotYourStep(Forbidden):
    """This step is another's to take."""


class StatusOnly(Forbidden):
    """Who referred learns how it stands, not what was done."""


class NoSuchStep(Conflict):
    """From its present status a referral cannot take this step."""


class ReferralExists(Conflict):
    """There is another referral with this id."""


class ContactExists(Conflict):
    """There is another contact with this id."""


class StillOpen(Conflict):
    """Only a closed referral can be reopened."""


class OtherNotOpen(Conflict):
    """The referral that was to go on is not open."""


class StudentNotAtSchool(Invalid):
    """The student is not enrolled at this school."""


class NothingToReopen(Invalid):
    """There is no such referral of this student to reopen."""


class NothingToMergeInto(Invalid):
    """There is no other referral of this student to merge into."""


class NotedInFuture(Invalid):
    """It was noted in the future."""


class NotedTooLongAgo(Invalid):
    """It was noted more than a year ago."""


class ContactInFuture(Invalid):
    """The contact lies in the future."""


class ContactTooEarly(Invalid):
    """The contact lies long before the referral."""


class ConsentInFuture(Invalid):
    """The consent lies in the future."""


class WouldHideChanges(Invalid):
    """What leaves such a filter would be missed among changes."""
