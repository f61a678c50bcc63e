"""What somebody writes who asks to talk to an adult, and what is missing in it. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from climate_survey_api.pages.posted import FormFault

LONGEST_CONTACT = 300
LONGEST_MESSAGE = 2_000
"""Characters, as `AskForAdult` takes them."""


@dataclass(frozen=True, slots=True)
class Given:
    """The form as it was filled in."""

    school_id: str = ""
    contact: str = ""
    message: str = ""


def given_in(fields: Mapping[str, str]) -> Given:
    """What was written, without what stands around it."""
    return Given(*(fields.get(name, "").strip() for name in ("school_id", "contact", "message")))


def faults_in(given: Given, schools: Collection[str]) -> list[FormFault]:
    """What has to be mended before anybody can come, in the order of the form."""
    faults: list[FormFault] = []
    if given.school_id not in schools:
        faults.append(FormFault("school", "fault.school"))
    if not given.contact:
        faults.append(FormFault("contact", "fault.contact"))
    if len(given.contact) > LONGEST_CONTACT:
        faults.append(FormFault("contact", "fault.contact_long"))
    if len(given.message) > LONGEST_MESSAGE:
        faults.append(FormFault("message", "fault.message_long"))
    return faults
