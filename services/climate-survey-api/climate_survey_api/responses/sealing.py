"""What a ballot looks like inside and out: the same length for all who were asked the same, opened by one key.

Whoever sees a sealed ballot learns its school and group, and not even how many questions were answered.
"""

import os
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from climate_survey_api.instruments.rules import Scale
from climate_survey_api.responses.rules import LONGEST_TEXT, Asked, Ballot
from shared.events.surveys import RespondentGroup, SurveyFacet

KEY_BYTES = 32
_NONCE_BYTES = 12
_WIDEST_TEXT = "\U0010ffff" * LONGEST_TEXT
"""Four bytes a character in UTF-8; no other that a text may hold needs more, also where JSON escapes it."""


def room_for(asked: Asked) -> int:
    """Bytes that hold whatever may be answered to this: every ballot is filled up to it."""
    widest = Ballot(
        school_id="",
        respondent_group=RespondentGroup.STUDENT,
        answers={item.item_id: item.highest for item in asked.items if item.scale is not Scale.TEXT},
        facets={facet: max(values, key=len) for facet, values in asked.facets.items()},
        comments={item.item_id: _WIDEST_TEXT for item in asked.items if item.scale is Scale.TEXT},
    )
    return len(_written(widest))


def seal_ballot(key: bytes, ballot: Ballot, *, administration_id: UUID, ballot_id: UUID, room: int) -> bytes:
    """The ballot for whoever holds the key, as long as every other with this room."""
    nonce = os.urandom(_NONCE_BYTES)
    place = _place(administration_id, ballot_id, ballot.school_id, ballot.respondent_group)
    return nonce + AESGCM(key).encrypt(nonce, _written(ballot).ljust(room), place)


def open_ballot(
    cipher: AESGCM,
    sealed: bytes,
    *,
    administration_id: UUID,
    ballot_id: UUID,
    school_id: str,
    respondent_group: RespondentGroup,
) -> Ballot:
    """What was answered. Raises: cryptography.exceptions.InvalidTag when the row is not as it was stored."""
    place = _place(administration_id, ballot_id, school_id, respondent_group)
    answers, facets, comments = orjson.loads(cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place))
    return Ballot(
        school_id=school_id,
        respondent_group=respondent_group,
        answers=answers,
        facets={SurveyFacet(facet): value for facet, value in facets.items()},
        comments=comments,
    )


def _written(ballot: Ballot) -> bytes:
    """JSON: blanks behind it, which fill the room, are no part of it."""
    return orjson.dumps([ballot.answers, ballot.facets, ballot.comments], option=orjson.OPT_NON_STR_KEYS)


def _place(administration_id: UUID, ballot_id: UUID, school_id: str, respondent_group: RespondentGroup) -> bytes:
    """What a sealed ballot is bound to: copied or moved, it opens no more, so nobody can make it count elsewhere."""
    return b"\0".join((administration_id.bytes, ballot_id.bytes, respondent_group.encode(), school_id.encode()))
