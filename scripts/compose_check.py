"""Look at a suite in containers from outside: hardened as the compose file says, and a token opens what it should.

Which suite is docker compose's to know: by COMPOSE_PROJECT_NAME, else by the compose file.
"""

import argparse
import json
import subprocess
import sys
import urllib.error
import urllib.request
from typing import Any

OFFSETS = {"referral-api": 1, "climate-survey-api": 2, "training-registry": 3, "reporting": 4}
"""How far above the base each service listens."""
PROCESSES = (
    *OFFSETS,
    "referral-api-consume",
    "referral-api-relay",
    "climate-survey-api-relay",
    "training-registry-relay",
    "reporting-consume",
    "reporting-relay",
)


def main() -> int:
    """Print what is wrong; the exit status says whether anything was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=int, default=8000)
    parser.add_argument("--home", default="secrets")
    asked = parser.parse_args()
    urls = {service: f"http://127.0.0.1:{asked.base + offset}" for service, offset in OFFSETS.items()}
    token = _token(asked.home)
    wrong = [fault for process in PROCESSES for fault in _faults_of_container(process)]
    for what, url, carried, wanted in (
        *((f"{service} is ready", f"{url}/readyz", None, 200) for service, url in urls.items()),
        ("schools with a token", f"{urls['referral-api']}/v1/schools", token, 200),
        ("schools without one", f"{urls['referral-api']}/v1/schools", None, 401),
        ("instruments with a token", f"{urls['climate-survey-api']}/v1/instruments", token, 200),
        ("instruments without one", f"{urls['climate-survey-api']}/v1/instruments", None, 401),
        ("requirements with a token", f"{urls['training-registry']}/v1/requirements", token, 200),
        ("requirements without one", f"{urls['training-registry']}/v1/requirements", None, 401),
        ("a view with a token", f"{urls['reporting']}/v1/views/referral-funnel?school_year=2027", token, 200),
    ):
        if (status := _get(url, carried)) != wanted:
            wrong.append(f"{what}: {status}, not {wanted}")
    for fault in wrong:
        print(f"FAIL {fault}")
    print(f"containers: {len(wrong)} faults")
    return 1 if wrong else 0


def _faults_of_container(process: str) -> list[str]:
    container = _output("docker", "compose", "ps", "--quiet", process)
    if not container:
        return [f"{process} does not run"]
    seen: dict[str, Any] = json.loads(_output("docker", "inspect", container))[0]
    host = seen["HostConfig"]
    holds = {
        "is healthy": seen["State"].get("Health", {}).get("Status") == "healthy",
        "has a read-only root": host["ReadonlyRootfs"],
        "has no capabilities": host["CapDrop"] == ["ALL"] and not host["CapAdd"],
        "gains no privileges": "no-new-privileges:true" in host["SecurityOpt"],
        "has an init": host["Init"],
        "is not root": seen["Config"]["User"] not in {"", "root", "0"},
        "does not know the signing key": not any("signing" in mount["Destination"] for mount in seen["Mounts"]),
    }
    return [f"{process}: not true that it {claim}" for claim, true in holds.items() if not true]


def _token(home: str) -> str:
    return _output("make", "-s", "token", "ROLE=counselor", "SUB=check", "DISTRICT=compose-check", f"HOME_DIR={home}")


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _get(url: str, token: str | None = None) -> int | str:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code
    except OSError as problem:
        return str(problem)


if __name__ == "__main__":
    sys.exit(main())
