"""A credential tells of no rule that is not sure, nor of one for another post than its officer's."""

import httpx2

from shared.testing.service import ServiceInTest
from tests.training_registry.completions.books import recorded
from tests.training_registry.requirements.builders import a_rule
from training_registry.settings import Settings

COURSE = "Adolescent development"


async def test_a_credential_is_aligned_with_sure_rules_for_its_officers_post_and_their_texts(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    guard = {"name": "Sam Roe", "agency": "City Police", "appointed_on": "2026-01-05", "position": "security_staff"}
    assert (await admin.put("/v1/officers/o-3", json=guard)).status_code == 201
    for requirement_id, changes in (
        ("sure", {}),
        ("doubtful", {"confirmed": False, "note": "UNCONFIRMED: the hours."}),
        ("guards", {"position": "security_staff", "source": "https://example.org/guards"}),
    ):
        body = a_rule(title=requirement_id, courses=[COURSE], **changes)
        assert (await admin.put(f"/v1/requirements/{requirement_id}", json=body)).status_code == 201

    for officer_id, told in (
        ("o-1", [("sure", "Board policy 4.12")]),
        ("o-3", [("guards", "https://example.org/guards")]),
    ):
        made = await recorded(admin, officer_id=officer_id, course=COURSE, topics={})
        path = f"/v1/credentials/{made['credential_id']}"
        async with api.anonymous() as anybody:
            achievement = (await anybody.get(f"{path}/verification")).json()["achievement"]
        assert [(one["code"], one["source"]) for one in achievement["alignments"]] == told
        signed = (await admin.get(path)).json()["credential"]["credentialSubject"]["achievement"]["alignment"]
        assert [(one["targetCode"], one["targetDescription"]) for one in signed] == told
