"""The views of the topic `training` over HTTP: nothing in them is suppressed (decision 0016)."""

from datetime import tzinfo
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from reporting.routes.telling import described, ensure_known, told
from reporting.views import answers
from reporting.views.activities import Activities, ActivityParameters, activities
from reporting.views.answers import Table
from reporting.views.drill_quotas import DrillQuotas, QuotaParameters, drill_quotas
from reporting.views.drills import DrillParameters, Drills, drills
from reporting.views.periods import names_of
from reporting.views.training import Training, training
from reporting.views.training_days import TrainingKey, TrainingParameters
from shared.auth import Caller, Permission
from shared.horizon import Horizon
from shared.http.runtime import Now, ReadOnlySession, allowed

ACTIVITIES = Table("activities", ("role", "n", "minutes", "share", "students_reached", "lessons"))
TRAINING = Table(
    "training",
    (
        "school_id",
        "requirement_id",
        "confirmed",
        "officers",
        "compliant",
        "current",
        "exempt",
        "due",
        "overdue",
        "expired",
    ),
)
DRILLS = Table("drills", ("n", "announced", "notice_in_time", "notice_not_told", "trauma_informed", "trauma_not_told"))
QUOTAS = Table(
    "drill-quotas",
    ("school_id", "quota_id", "type", "least", "held", "missing", "met", "from_month", "to_month"),
)

Reader = Annotated[Caller, Depends(allowed(Permission.VIEWS_READ))]


def training_router(horizon: Horizon, *, zone: tzinfo) -> APIRouter:
    """The views of officers' work and training, as far as `horizon` sees; a day begins in `zone`."""
    router = APIRouter(prefix="/v1", tags=["views"])

    @router.get(f"/views/{ACTIVITIES.name}", responses=described(Activities, ACTIVITIES), response_model=None)
    async def get_activities(
        caller: Reader,
        session: ReadOnlySession,
        asked: Annotated[ActivityParameters, Query()],
        accept: answers.Accept = answers.JSON,
    ) -> Response:
        """What officers did in the period as educators, as mentors and in law enforcement, and in what time."""
        await ensure_known(session, caller, asked.school_id)
        return await told(
            session, horizon, await activities(session, caller, asked), names_of(asked.by), ACTIVITIES, accept
        )

    @router.get(f"/views/{TRAINING.name}", responses=described(Training, TRAINING), response_model=None)
    async def get_training(
        caller: Reader,
        session: ReadOnlySession,
        asked: Annotated[TrainingParameters, Query()],
        now: Now,
        accept: answers.Accept = answers.JSON,
    ) -> Response:
        """How many of the officers assigned on a day, or at the end of each month, are trained as is required."""
        await ensure_known(session, caller, asked.school_id)
        days = asked.days(now.astimezone(zone).date())
        rows = await training(session, caller, asked, days)
        keys = (TrainingKey.MONTH,) if asked.is_by_month() else ()
        return await told(session, horizon, rows, keys, TRAINING, accept, beside={"day": days[-1]})

    @router.get(f"/views/{DRILLS.name}", responses=described(Drills, DRILLS), response_model=None)
    async def get_drills(
        caller: Reader,
        session: ReadOnlySession,
        asked: Annotated[DrillParameters, Query()],
        accept: answers.Accept = answers.JSON,
    ) -> Response:
        """How many safety drills were held in the period, and how."""
        await ensure_known(session, caller, asked.school_id)
        return await told(session, horizon, await drills(session, caller, asked), names_of(asked.by), DRILLS, accept)

    @router.get(f"/views/{QUOTAS.name}", responses=described(DrillQuotas, QUOTAS), response_model=None)
    async def get_drill_quotas(
        caller: Reader,
        session: ReadOnlySession,
        asked: Annotated[QuotaParameters, Query()],
        accept: answers.Accept = answers.JSON,
    ) -> Response:
        """How many of the drills that the district asks of each school were held in a school year."""
        await ensure_known(session, caller, asked.school_id)
        return await told(session, horizon, await drill_quotas(session, caller, asked), (), QUOTAS, accept)

    return router
