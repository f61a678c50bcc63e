"""`python -m shared.auth.token --role counselor --sub c-1 --district demo`: prints one local bearer token.

Imports little on purpose, since scripts call it once per request: it answers in well under 0.3 s.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.auth.caller import Role
from shared.auth.issuing import issue_token
from shared.auth.local_keys import SIGNING_FILE, NoSigningKey


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the token and nothing else; 2 and a line on stderr when it cannot be made."""
    asked = _parser().parse_args(arguments)
    role = Role(asked.role)
    if role is Role.PROVIDER and not asked.provider:
        sys.stderr.write("--provider is needed with the role provider\n")
        return 2
    is_first = not (asked.keys / SIGNING_FILE).exists()
    try:
        token = issue_token(
            asked.keys,
            sub=asked.sub,
            district_id=asked.district,
            role=role,
            school_ids=None if not asked.schools else [s.strip() for s in asked.schools.split(",") if s.strip()],
            provider_id=asked.provider or None,
            now=datetime.now(UTC),
            lifetime=timedelta(seconds=asked.ttl),
        )
    except NoSigningKey:
        sys.stderr.write(f"{asked.keys} holds public keys only: tokens are issued elsewhere\n")
        return 2
    if is_first:
        sys.stderr.write(f"{asked.keys} had no keys; these are new, and a suite with others refuses them\n")
    sys.stdout.write(f"{token}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m shared.auth.token", description="Prints one local bearer token.")
    parser.add_argument("--role", required=True, choices=[r.value for r in Role], metavar="ROLE", help=", ".join(Role))
    parser.add_argument("--sub", required=True, help="who the caller is")
    parser.add_argument("--district", required=True, help="the caller's district")
    parser.add_argument("--schools", help="comma-separated school ids; every school of the district when left out")
    parser.add_argument("--provider", help="the organisation of a caller with the role provider")
    parser.add_argument("--keys", type=Path, default=Path("var/keys"), help="the folder of the keys (var/keys)")
    parser.add_argument("--ttl", type=int, default=43_200, help="how long it is valid, in seconds (43200)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
