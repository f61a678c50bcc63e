"""How far a caller acts: what is the whole district's is not changed by who acts for some of its schools.

ServiceError
└── Forbidden
    └── OnlyForWholeDistrict     403
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends

from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.errors import Forbidden
from shared.http.runtime import allowed


class OnlyForWholeDistrict(Forbidden):
    """This binds every school, and the caller acts for some of them alone."""


def allowed_for_whole_district(permission: Permission) -> Callable[..., Awaitable[Caller]]:
    """A dependency that gives the caller if his role has the permission and his token names no schools.

    Raises: OnlyForWholeDistrict (403), and what `allowed` does.
    """

    async def caller_for_whole_district(caller: Annotated[Caller, Depends(allowed(permission))]) -> Caller:
        if caller.school_ids is not None:
            raise OnlyForWholeDistrict
        return caller

    return caller_for_whole_district
