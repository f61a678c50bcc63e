"""A folder for what the tests of one process need alike, and make once."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path


@cache
def kept_folder() -> Path:
    """The folder; it goes with the process."""
    folder = Path(tempfile.mkdtemp(prefix="rapport-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
