"""What can be set about training-registry."""

from pydantic import Field

from shared.settings import HttpUrl, ServiceSettings, TimeZoneName


class Settings(ServiceSettings):
    """Settings of training-registry, from the environment."""

    time_zone: TimeZoneName = Field(
        default="America/New_York",
        description="IANA name of the zone in which a day begins, one for all districts: deadlines, terms and the days "
        "that activities count under. referral-api asks a standing about the day in the district's own calendar.",
    )
    public_url: HttpUrl = Field(
        default="http://127.0.0.1:8003",
        description="Where everybody reaches this service: it stands in every credential, as the address of its "
        "issuer, its status and its verification, so it must be right before the first one is signed.",
    )
