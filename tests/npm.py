"""What tests borrow from npm, installed once for its lock file: by `make test`, else by whichever test asks first."""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parent
PROGRAMS = TESTS / "node_modules" / ".bin"


def what_npm_lacks() -> str | None:
    """Nothing, once `npm ci` has been done beside the tests for this lock file; else what stood in the way."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "Node.js and npm are not installed"
    with (TESTS / "package-lock.json").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two tests in two processes may ask at once
        return _install(hashlib.sha256(lock.read()).hexdigest())


def _install(lock: str) -> str | None:
    stamp = TESTS / "node_modules" / ".installed"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == lock:
        return None
    command = ["npm", "ci", "--ignore-scripts", "--prefer-offline"]
    try:
        installed = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        return "npm ci took more than two minutes"
    if installed.returncode != 0:
        return f"npm ci failed: {installed.stderr.strip()[-300:]}"
    stamp.write_text(lock, encoding="utf-8")
    return None


if __name__ == "__main__":
    sys.exit(what_npm_lacks())
