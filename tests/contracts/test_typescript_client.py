"""A TypeScript client made from our OpenAPI documents compiles strictly and does what it is for; without Node.js skips.

openapi-typescript writes the types, openapi-fetch is what asks, tests/contracts/client.ts is what somebody would write.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from shared.auth import Role
from tests.contracts.district import District, district
from tests.npm import PROGRAMS, TESTS, what_npm_lacks

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CLIENT = Path(__file__).parent / "client.ts"
OPTIONS = {
    "strict": True,
    "noUncheckedIndexedAccess": True,
    "exactOptionalPropertyTypes": True,
    "target": "es2022",
    "module": "nodenext",
    "lib": ["es2022", "dom"],
    "types": [],
    "skipLibCheck": True,  # what others declare is theirs to check; what was made from our documents is no library
    "outDir": "made",
}
WRONG = {
    "a need that does not exist": ('need: "grief"', 'need: "shoes"'),
    "a field forgotten": ('school_id: "s-1", ', ""),
    "a field that does not exist": ('summary: "Sits alone."', 'summary: "Sits alone.", colour: "red"'),
    "a status that does not exist": ('to: "accepted"', 'to: "accept"'),
    "a path misspelt": ('"/v1/referrals/{referral_id}/transitions"', '"/v1/referrals/{referral_id}/transition"'),
    "a parameter of a wrong type": ("limit: 20", 'limit: "many"'),
    "a parameter forgotten": ("query: { school_year, ", "query: { "),
    "a tombstone read as a record": ('  if ("deleted" in item) return undefined;\n', ""),
    "a suppressed number taken for one": ("Promise<Map<string, number | null>>", "Promise<Map<string, number>>"),
    "a header misspelt": ('"If-Match": etag', '"If-match": etag'),
}
"""What a slip looks like, as a change of the client: the compiler is to see each."""


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    with district(tmp_path_factory.mktemp("district")) as opened:
        yield opened


@pytest.fixture(scope="module")
def project(at: District, tmp_path_factory: pytest.TempPathFactory, go_without: Callable[[str], None]) -> Path:
    """A folder with the types of all services, and the modules that a client needs."""
    if missing := what_npm_lacks():
        go_without(f"the TypeScript client, for want of its compiler: {missing}")
    folder = tmp_path_factory.mktemp("client")
    (folder / "node_modules").symlink_to(TESTS / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    for name, service in at.services.items():
        (folder / f"{name}.json").write_text(json.dumps(service.app.openapi()), encoding="utf-8")
    apis = {name: {"root": f"{name}.json", "x-openapi-ts": {"output": f"{name}.ts"}} for name in at.services}
    (folder / "redocly.yaml").write_text(json.dumps({"apis": apis}), encoding="utf-8")
    # Else a field with a default would have to be sent.
    _run(folder, "openapi-typescript", "--default-non-nullable=false")
    return folder


@pytest.fixture(scope="module")
def said(at: District, project: Path) -> str:
    """What the compiler says of the types of all services, the client and every slip; it takes longest to begin."""
    client = CLIENT.read_text(encoding="utf-8")
    slips = [client.replace(*slip) for slip in WRONG.values()]
    assert client not in slips
    for name, text in (("client", client), *((f"slip{number}", text) for number, text in enumerate(slips))):
        (project / f"{name}.ts").write_text(text, encoding="utf-8")
    names = ("client", *(f"slip{number}" for number in range(len(slips))), *at.services)
    settings = {"compilerOptions": OPTIONS, "files": [f"{name}.ts" for name in names]}
    (project / "tsconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    return _run(project, "tsc", "--pretty", "false")


def _run(folder: Path, program: str, *words: str) -> str:
    done = subprocess.run(
        [PROGRAMS / program, *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert program == "tsc" or done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_compiles_and_catches_up_refers_and_reads_a_view(at: District, project: Path, said: str) -> None:
    assert [line for line in said.splitlines() if not line.startswith(("slip", " "))] == []
    node = shutil.which("node")
    assert node is not None
    referral_id = str(uuid4())

    ran = subprocess.run(
        [node, "made/client.js"],
        cwd=project,
        env={
            "PATH": os.environ["PATH"],
            "REFERRALS": at.urls["referral-api"],
            "REPORTING": at.urls["reporting"],
            "COUNSELOR": at.tokens[Role.COUNSELOR],
            "VENDOR": at.tokens[Role.INTEGRATION],
            "IMPORT_ID": at.known["referral-api"]["import_id"][0],
            "REFERRAL_ID": referral_id,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told.pop("after") == told.pop("before") + 1
    assert told.pop("grief") > 0
    assert told == {
        "location": f"/v1/referrals/{referral_id}",
        "summary": "Sits alone.",
        "refusal": "urn:rapport:problem:changed-meanwhile",
        "status": "refused",
    }


def test_the_compiler_sees_every_slip(said: str) -> None:
    assert [name for number, name in enumerate(WRONG) if f"slip{number}.ts(" not in said] == []
