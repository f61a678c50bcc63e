"""What can be set about referral-api."""

from pathlib import Path

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of referral-api, from the environment."""

    import_dir: Path = Field(
        description="Folder where uploaded rosters wait for their import. Beside them it needs room for three times "
        "what the largest unpacks to: 150 MB for 200,000 students whose zip has 6 MB.",
    )
    import_limit_bytes: int = Field(
        default=1 << 30, ge=1, description="Largest roster zip taken, in bytes. 1 GiB holds millions of students."
    )
    standing_stale_minutes: int = Field(
        default=240,
        ge=1,
        le=10_080,
        description="Minutes since what is known of officers' standing was last surely up to date, after which no "
        "record is opened to an officer (503 `standing-too-stale`). While the bus is away a revoked certificate is not "
        "heard of, but what time alone ends still ends. 240 lets a school work through a morning's outage; a longer "
        "one asks for a person.",
    )
