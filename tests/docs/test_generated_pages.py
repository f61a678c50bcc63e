"""The generated pages say what the code says, and every relative link of a page leads somewhere."""

import re
from pathlib import Path

import pytest

from scripts.docs.__main__ import DOCS, PAGES, main, stale
from scripts.docs.operations_page import SETTINGS_OF, MarkersMissing, operations_page
from shared.events.catalogue import CATALOGUE
from shared.settings import ServiceSettings, setting_rows

ROOT = DOCS.parent
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PAGES_FOR_PEOPLE = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])


@pytest.mark.parametrize("page", PAGES)
def test_a_generated_page_is_fresh(page: str) -> None:
    assert page not in stale(DOCS), "run `make docs` and commit what it writes"


def test_a_check_fails_on_a_stale_page_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "operations.md").write_text((DOCS / "operations.md").read_text(encoding="utf-8"), encoding="utf-8")

    assert main([], docs=tmp_path) == 0
    assert main(["--check"], docs=tmp_path) == 0

    (tmp_path / "events.md").write_text("old", encoding="utf-8")

    assert main(["--check"], docs=tmp_path) == 1
    assert "docs/events.md is stale" in capsys.readouterr().out
    assert (tmp_path / "events.md").read_text(encoding="utf-8") == "old"


def test_the_page_of_events_names_every_event_and_field() -> None:
    text = (DOCS / "events.md").read_text(encoding="utf-8")

    for event_class in CATALOGUE:
        assert f"### `{event_class.name}`" in text
        assert [name for name in event_class.model_fields if f"`{name}`" not in text] == []


@pytest.mark.parametrize("kind", SETTINGS_OF.values(), ids=SETTINGS_OF.keys())
def test_every_setting_is_explained(kind: type[ServiceSettings]) -> None:
    text = (DOCS / "operations.md").read_text(encoding="utf-8")

    assert [row.name for row in setting_rows(kind) if not row.meaning or f"| `{row.name}` |" not in text] == []


def test_a_page_without_a_place_for_its_table_is_an_error() -> None:
    with pytest.raises(MarkersMissing, match="settings"):
        operations_page("# Operations\n")


@pytest.mark.parametrize("page", PAGES_FOR_PEOPLE, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    targets = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    lost = [link for link in targets if not _leads_somewhere(page, link)]

    assert lost == []


def _leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return False
    return not anchor or target.suffix != ".md" or anchor in _anchors(target.read_text(encoding="utf-8"))


def _anchors(text: str) -> set[str]:
    """What GitHub and most renderers link headings by: small letters, no marks, hyphens for spaces."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_decision_has_a_number_of_its_own_and_stands_in_the_list() -> None:
    decisions = sorted(page.name for page in (DOCS / "decisions").glob("0*.md"))
    listed = LINK.findall((DOCS / "decisions" / "README.md").read_text(encoding="utf-8"))

    assert [int(name[:4]) for name in decisions] == list(range(1, len(decisions) + 1))
    assert listed == decisions
