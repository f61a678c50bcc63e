"""Write what the containers must not find in the image or the compose file: keys and passwords, to ./secrets.

What is there stays as it is. The folder itself is closed to everybody but its owner; the two key files inside it are
readable to all, because the containers' user, who is nobody on this machine, reads them through a mount.
"""

import os
import secrets
import sys
from pathlib import Path

from shared.auth.local_keys import VERIFYING_FILE, ensure_keys
from shared.crypto import ensure_field_keys, field_keys_path

SERVICES = {
    "referral-api": "referral_api",
    "climate-survey-api": "climate_survey_api",
    "training-registry": "training_registry",
    "reporting": "reporting",
}


def write_secrets(folder: Path) -> list[Path]:
    """Make what is missing; the files that were written."""
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    keys = folder / "keys"
    keys.mkdir(mode=0o700, exist_ok=True)
    ensure_keys(keys)
    rings = [field_keys_path(keys, package) for package in SERVICES.values()]
    for ring in rings:
        ensure_field_keys(ring)
    for mounted in (keys / VERIFYING_FILE, *rings):
        mounted.chmod(0o644)
    missing = {s: package for s, package in SERVICES.items() if not (folder / f"{s}.env").exists()}
    if not missing:
        return []
    passwords = {package: secrets.token_urlsafe(24) for package in missing.values()}
    written = [_private(folder / "postgres.env", _postgres_lines(folder / "postgres.env", passwords))]
    for service, package in missing.items():
        url = f"postgresql://{package}:{passwords[package]}@postgres:5432/{package}"
        written.append(_private(folder / f"{service}.env", [f"DATABASE_URL={url}"]))
    return written


def _postgres_lines(file: Path, passwords: dict[str, str]) -> list[str]:
    """What the database's container is to be told: what it was told before, and the passwords of new services."""
    before = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    own = {f"{package.upper()}_PASSWORD": password for package, password in passwords.items()}
    kept = [line for line in before if line.partition("=")[0] not in own]
    return [
        *(kept or [f"POSTGRES_PASSWORD={secrets.token_urlsafe(24)}"]),
        *(f"{name}={password}" for name, password in own.items()),
    ]


def _private(file: Path, lines: list[str]) -> Path:
    with open(os.open(file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as opened:
        opened.writelines(f"{line}\n" for line in lines)
    return file


if __name__ == "__main__":
    for file in write_secrets(Path(sys.argv[1] if len(sys.argv) > 1 else "secrets")):
        print(f"wrote {file}")
