"""The agencies that employ officers and that agreements are with: both know one by its name alone. Pure."""

from uuid import NAMESPACE_URL, UUID, uuid5


def agency_id(agency: str) -> UUID:
    """The agency that a text names: its case and spaces make no other agency."""
    return uuid5(NAMESPACE_URL, "agency:" + " ".join(agency.split()).casefold())
