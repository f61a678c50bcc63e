"""Refusals around roster files.

ServiceError
├── UnknownImport           404
├── ImportUnderWay          409
├── ImportTooLarge          413
├── NotZip                  415
├── TooManyWaiting          429
└── ServerDiskFull          503
RosterRefused                   ends an import, never a request
Interrupted                     ends a run; the import starts over later
"""

from shared.errors import BodyTooLarge, Conflict, NotFound, TooManyRequests, Unavailable, UnsupportedMedia


class UnknownImport(NotFound):
    """There is no such import in this district."""


class ImportUnderWay(Conflict):
    """Its faults are told when it has ended."""


class ImportTooLarge(BodyTooLarge):
    """The roster file is larger than this service takes."""


class NotZip(UnsupportedMedia):
    """A roster comes as `application/zip`."""


class TooManyWaiting(TooManyRequests):
    """So many roster files of this district wait already; send the next one when they are done."""


class ServerDiskFull(Unavailable):
    """The server has no room for the file just now."""


class RosterRefused(Exception):
    """A roster file cannot be used as a whole; nothing was changed. Its text says why and quotes no row."""


class Interrupted(Exception):
    """The run of an import was told to stop; nothing was changed."""
