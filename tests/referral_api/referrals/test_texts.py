"""A text has something to read in it, and is kept as it was sent."""

from typing import Any

import httpx2
import pytest

from referral_api.settings import Settings
from shared.testing.service import ServiceInTest
from tests.referral_api.referrals.referring import BODY, CONTACT, done, history, kind, moved, path_of, referred

TOLD = {"message_to_referrer": "  Thank you.\n"}


@pytest.mark.parametrize("blank", ["   ", "\n\t\r\n", "\u00a0\u2003\u3000"])
@pytest.mark.parametrize(
    ("step", "body", "field"),
    [
        ("", BODY, "summary"),
        ("", BODY, "requested_service"),
        ("/contacts", CONTACT, "by"),
        ("/feedback", TOLD, "message_to_referrer"),
        ("/transitions", {"to": "accepted"}, "note"),
    ],
)
async def test_a_text_of_white_space_alone_is_refused(
    api: ServiceInTest[Settings], counselor: httpx2.AsyncClient, step: str, body: dict[str, Any], field: str, blank: str
) -> None:
    path = path_of(await referred(counselor)) + step if step else "/v1/referrals"
    refused = await counselor.post(path, json={**body, field: blank})
    assert kind(refused) == (422, "request-has-faults")
    assert refused.json()["errors"] == [{"path": field, "problem": "holds nothing but white space"}]
    schemas = api.app.openapi()["components"]["schemas"].values()
    patterns = [schema["properties"][field] for schema in schemas if field in schema.get("properties", {})]
    assert r"[^\x00\s]" in str(patterns).replace(r"\\", "\\")


async def test_a_referrer_who_was_told_nothing_is_not_counted_as_told(counselor: httpx2.AsyncClient) -> None:
    rid = await referred(counselor)
    await moved(counselor, rid, "cancelled", reason="other")
    assert (await counselor.post(f"{path_of(rid)}/feedback", json={"message_to_referrer": " "})).status_code == 422
    assert [entry["what"] for entry in await history(counselor, rid)] == ["submitted", "cancelled"]


async def test_space_around_a_text_is_the_writers(counselor: httpx2.AsyncClient) -> None:
    written = "\n  He said:\n\n    nothing.  "
    rid = await referred(counselor, summary=written, requested_service=" tutor ")
    record = await done(counselor, rid, "feedback", TOLD)
    assert (record["summary"], record["requested_service"]) == (written, " tutor ")
    assert record["message_to_referrer"] == TOLD["message_to_referrer"]
