"""What can be set about reporting."""

from pydantic import Field

from shared.settings import ServiceSettings, TimeZoneName


class Settings(ServiceSettings):
    """Settings of reporting, from the environment."""

    minimum_cell: int = Field(
        default=10,
        ge=3,
        le=100,
        description="Counts of fewer students or referrals than this are hidden from roles that may not open the "
        "records behind them. 10 is what most states use (NCES 2011-603); 3 is the least that hides anything.",
    )
    time_zone: TimeZoneName = Field(
        default="America/New_York",
        description="IANA name of the zone in which a day begins, one for all districts: open referrals are told by "
        "their age in days. No district's `PUT /v1/calendar` changes it; the default is the zone of a district that "
        "has set no calendar.",
    )
