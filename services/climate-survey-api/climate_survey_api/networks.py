"""Networks that a setting names. Pure."""

from ipaddress import IPv4Network, IPv6Network, ip_network

Networks = tuple[IPv4Network | IPv6Network, ...]


def networks_in(text: str) -> Networks:
    """The networks in CIDR form of a list with commas. Raises: ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
