"""What can be set about reporting."""

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of reporting, from the environment."""

    minimum_cell: int = Field(
        default=10,
        ge=3,
        le=100,
        description="Counts of fewer students or referrals than this are hidden from roles that may not open the "
        "records behind them. 10 is what most states use (NCES 2011-603); 3 is the least that hides anything.",
    )
