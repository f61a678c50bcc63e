"""The pages in a real browser on a phone: for everybody, in either language, with a bad connection, at any zoom."""

import asyncio
import json
import os
import platform
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from climate_survey_api.settings import Settings
from shared.testing.service import ServiceInTest
from tests.climate_survey_api.responses.surveys import OpenSurvey, a_survey, close
from tests.climate_survey_api.suite import NOON, Clock, climate_survey_api
from tests.npm import TESTS, what_npm_lacks

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PICTURES = os.environ.get("PICTURES_IN", "")
"""A folder for a picture of every page; none are taken unless it is named: `PICTURES_IN=pages`."""

NOBODY = "/s/2222-2222-2222"


def what_the_browser_lacks() -> str | None:
    """Nothing where the browser of the lock file runs; else what stands in the way."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return "the browser that npm brings is for Linux on x86-64"
    return what_npm_lacks()


@asynccontextmanager
async def served(service: ServiceInTest[Settings]) -> AsyncIterator[str]:
    """The service behind a port of its own: a browser obeys headers only where they come over HTTP."""
    config = uvicorn.Config(service.app, port=0, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    (listening,) = server.servers
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


async def browsed(given: dict[str, Any]) -> dict[str, Any]:
    """What the browser found."""
    unpacked = TESTS / "node_modules" / ".browser"
    unpacked.mkdir(exist_ok=True)
    program = TESTS / "climate_survey_api" / "pages" / "browse.mjs"
    process = await asyncio.create_subprocess_exec(
        "node",
        str(program),
        PICTURES,
        json.dumps(given),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(unpacked)},
    )
    printed, complained = await process.communicate()
    assert process.returncode == 0, complained.decode()[-2000:]
    found: dict[str, Any] = json.loads(printed)
    return found


ARABIC = {"q1": "أشعر بالأمان في هذه المدرسة.", "q2": "هناك شخص بالغ يستمع إليّ.", "q3": "القواعد نفسها للجميع."}


async def in_arabic(service: ServiceInTest[Settings]) -> OpenSurvey:
    """A survey in a language that the pages themselves do not speak, and in English."""
    items = [
        {
            "item_id": item_id,
            "dimension": "safety",
            "respondent_groups": ["student"],
            "scale": "agree4",
            "text": {"ar": text, "en": f"Statement {item_id}"},
        }
        for item_id, text in ARABIC.items()
    ]
    async with service.client("district_admin") as admin:
        body = {"instrument_id": "arabic", "title": {"ar": "المدرسة", "en": "School"}, "items": items}
        assert (await admin.post("/v1/instruments", json=body)).is_success
    return await a_survey(service, instrument_id="arabic", name="خريف", languages=["ar", "en"])


async def touching_what_is_protected(service: ServiceInTest[Settings]) -> OpenSurvey:
    """A confidential survey that has not begun, with an item of which parents are told beforehand."""
    item = {"dimension": "wellness", "scale": "agree4", "respondent_groups": ["student"]}
    items = [item | {"item_id": "sad", "ppra_area": "mental_health", "text": {"en": "I feel sad.", "es": "Triste."}}]
    async with service.client("district_admin") as admin:
        body = {"instrument_id": "touchy", "title": {"en": "T", "es": "T"}, "items": items}
        assert (await admin.post("/v1/instruments", json=body)).is_success
    return await a_survey(
        service,
        is_open=False,
        instrument_id="touchy",
        ppra={"notice_on": "2026-11-02", "consent": "opt_out"},
        opens_at=(NOON + timedelta(days=1)).isoformat(),
    )


async def everything(service: ServiceInTest[Settings]) -> dict[str, Any]:
    """Surveys for everybody who browses: their codes, and the pages that are no form's."""
    long = await a_survey(
        service,
        {("s-1", "student"): 12, ("s-2", "family"): 11, ("s-3", "student"): 4},
        instrument_id="rapport-climate",
        name="School climate survey, fall 2026",
        facets=["race_ethnicity", "grade_band"],
        free_text=True,
    )
    short = await a_survey(service, {("s-1", "student"): 3}, name="Three questions and one more")
    arabic, early, over = await in_arabic(service), await touching_what_is_protected(service), await a_survey(service)
    await close(service, over)
    of_long = ("english", "spanish", "desk", "enter", "resumed", "offline", "backAndForth")
    of_short = ("keyboard", "dark", "twice")
    codes = dict(zip(of_long, long.codes["s-1", "student"], strict=False))
    codes |= dict(zip(of_short, short.codes["s-1", "student"], strict=True))
    pages = {
        "entry": "/",
        "entry-without-a-code": "/s?code=",
        "unknown": NOBODY,
        "early": f"/s/{early.code}",
        "closed": f"/s/{over.code}",
        "preview": f"/preview/{long.administration_id}",
        "preview-protected": f"/preview/{early.administration_id}?lang=es",
        "status": f"/status/{long.administration_id}",
        "help": f"/help/{long.administration_id}",
    }
    return {"codes": codes | {"rightToLeft": arabic.code}, "pages": pages}


def check_each_page(looked: list[dict[str, Any]]) -> None:
    """Nobody is kept out of any page, on a phone, at 400 % or in the dark."""
    statuses = {one["name"]: one["status"] for one in looked}
    refused = {"entry-without-a-code": 422, "unknown": 404, "early": 409, "closed": 410, "help-faults": 422}
    assert {name: status for name, status in statuses.items() if status != 200} == refused
    for one in looked:
        assert one["violations"] == [], one["name"]
        assert {"color-contrast", "document-title", "html-has-lang", "meta-viewport"} <= set(one["passes"]), one["name"]
        assert not one["scrolls"], f"{one['name']} has to be moved sideways"
        assert one["small"] == [], f"{one['name']} has targets for small fingers alone"
        assert (one["scripts"], one["bytes"] < 40_000) == (0, True), one["name"]


def check_going_back(went: dict[str, Any]) -> None:
    """The browser's own buttons lead to pages, never to an error, and what is answered there counts."""
    third, back, first, forward, reloaded = went["went"]
    assert [one["step"] for one in (third, back, forward, reloaded)] == ["3", "2", "2", "2"]
    assert [one["asked"] for one in (third, back, first)] == ["?at=3", "?at=2", ""]
    assert [one["status"] for one in (back, first, forward, reloaded)] == [200] * 4
    assert set(back["checked"]) == set(forward["checked"]) == set(reloaded["checked"]) == {"4"}
    changed, *rest = went["changed"]["checked"]
    assert (changed, set(rest)) == ("1", {"4"})
    assert (went["sent"], went["after"], went["cookies"]) == (200, 410, 0)


async def test_everybody_can_answer_on_a_phone(
    tmp_path: Path, sqlite_url: str, go_without: Callable[[str], None]
) -> None:
    if missing := what_the_browser_lacks():
        go_without(f"the survey's pages in a browser: {missing}")
    async with climate_survey_api(sqlite_url, tmp_path / "made", clock=Clock()) as service:
        given = await everything(service)
        async with served(service) as address:
            found = await browsed(given | {"base": address})

    check_each_page(found["looked"])
    # Of an answer that is no page a browser says so itself.
    assert [said for said in found["errors"] if not said.startswith("Failed to load resource: the server")] == []
    for way, language in (("english", "en"), ("spanish", "es"), ("dark", "en"), ("rightToLeft", "ar")):
        went = found[way]
        assert (went["before"], went["after"]) == (0, 0), "cookies before anything was answered, or after it was sent"
        (kept,) = went["kept"]
        assert (kept["cookie"], kept["httpOnly"], kept["sameSite"]) == ("draft", True, "Strict")
        assert kept["path"] == f"/s/{given['codes'][way]}"
        assert went["url"].startswith("/thanks/")
        assert went["url"].endswith(f"?lang={language}")
        assert went["reloaded"] in ("Thank you. Your answers have arrived.", "Gracias. Las respuestas han llegado.")
    shown = {one["name"]: (one["language"], one["direction"]) for one in found["looked"]}
    assert (shown["spanish-review"], shown["right-to-left-1"]) == (("es", "ltr"), ("ar", "rtl"))
    assert found["keyboard"] == {
        "language": "es",
        "skips": "skip-link",
        "unseen": 0,
        "answered": 4,
        "heading": "Gracias. Las respuestas han llegado.",
    }
    assert found["enter"] == {"before": "en", "step": "3", "switched": "es", "still": "3"}
    assert found["resumed"]["at"] == found["resumed"]["back"] == "People at your school"
    assert found["resumed"] | {"told": True, "cookies": 0, "checked": 0, "first": True} == found["resumed"]
    assert found["offline"] == {"lost": True, "status": 200, "method": "POST", "step": "2"}
    check_going_back(found["backAndForth"])
    assert found["twice"] == {"both": [200, 410], "again": 410, "heading": "This code has been used"}
