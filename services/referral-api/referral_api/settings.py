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
