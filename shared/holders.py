"""Who holds a lease: a process, named so that another of its host can see whether it has ended."""

import os
import socket
from uuid import uuid4


def new_holder() -> str:
    """A name of this process that no other holder has, not even one of this process."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid4()}"


def is_gone(holder: str) -> bool:
    """Whether the holder was a process of this host that has ended: then nobody need wait for its lease to run out."""
    host, _, of_host = holder.partition(":")
    pid = of_host.partition(":")[0]
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # someone else's, but alive
    return False
