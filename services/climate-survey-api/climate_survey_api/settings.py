"""What can be set about climate-survey-api."""

from typing import Annotated

from pydantic import AfterValidator, Field

from climate_survey_api.networks import networks_in
from shared.settings import HttpUrl, ServiceSettings, TimeZoneName


def _networks(text: str) -> str:
    try:
        networks_in(text)
    except ValueError as error:
        raise ValueError("must be networks in CIDR form, separated by commas") from error
    return text


class Settings(ServiceSettings):
    """Settings of climate-survey-api, from the environment."""

    time_zone: TimeZoneName = Field(
        default="America/New_York",
        description="IANA name of the zone in which a day begins, one for all districts: the days on which surveys "
        "open and close, and at whose end it is told how many have answered.",
    )
    public_url: HttpUrl = Field(
        default="http://127.0.0.1:8002",
        description="Where respondents reach this service: it stands beside every access code and in every QR code, "
        "so it must be right before the first sheet is printed.",
    )
    words_days: int = Field(
        default=400,
        ge=30,
        le=36_500,
        description="Days that people's own words are kept: comments that were released or withheld, from the count of "
        "their survey on, and requests to talk to an adult, from their closing on. What waits for somebody is kept "
        "until somebody has decided.",
    )
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = Field(
        default="",
        description="Networks in CIDR form, separated by commas, whose `X-Forwarded-For` or `Forwarded` is believed "
        "when it says who asks; where both are sent, `X-Forwarded-For` alone: a proxy that writes `Forwarded` has to "
        "drop the other. Not set: nobody's, the address is that of the connection. Wrongly set, one address could pass "
        "for many and guess codes without being slowed down.",
    )
