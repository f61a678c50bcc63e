"""How far a caller acts: what is the whole district's is not changed by who acts for some of its schools.

ServiceError
└── Forbidden
    └── OnlyForWholeDistrict     403
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends

from shared.auth import Caller
from shared.errors import Forbidden


class OnlyForWholeDistrict(Forbidden):
    """This binds every school, and the caller acts for some of them alone."""


def for_whole_district(allowed: Callable[..., Awaitable[Caller]]) -> Callable[..., Awaitable[Caller]]:
    """A dependency that gives the caller whom this one gives, if his token names no schools.

    Raises: OnlyForWholeDistrict (403).
    """

    async def caller_for_whole_district(caller: Annotated[Caller, Depends(allowed)]) -> Caller:
        if caller.school_ids is not None:
            raise OnlyForWholeDistrict
        return caller

    return caller_for_whole_district
