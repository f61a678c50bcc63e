"""Networks that a setting names, and who asks through the proxies in them. Pure."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Networks = tuple[IPv4Network | IPv6Network, ...]
Address = IPv4Address | IPv6Address

_MOST_READ = 2_000
"""Characters of a header, from its end: a proxy writes at the end, and what lies far before it is anybody's."""
_LAST_ELEMENT = re.compile(r'(?:^|,)((?:[^",]|"(?:[^"\\]|\\.)*")*)$')
_PARAMETER = re.compile(r'\s*([^\s=;,"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))\s*(?:;|$)')
_WITH_PORT = re.compile(r"\[([^\]]*)\](?::\w+)?|([^:]*):\w+")


def networks_in(text: str) -> Networks:
    """The networks in CIDR form of a list with commas. Raises: ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def asker(peer: str, *, forwarded_for: str, forwarded: str, trusted: Networks) -> Address | None:
    """Who asks: the connection's peer, unless it is a trusted proxy: then the last that no trusted one speaks for.

    Whoever connects to a trusted proxy may have sent such a header himself; the proxy adds at the end. So it is read
    from there, up to the first address that is not trusted, or to what is none: nobody vouches for what lies before.
    `X-Forwarded-For` goes first: proxies that write it are many, and most of them pass on a `Forwarded` that they were
    sent. A proxy that writes `Forwarded` is to drop the other. None: the peer has no address.
    """
    found = address_in(peer)
    if found is None or not _is_in(found, trusted):
        return found
    hops = _of_forwarded_for(forwarded_for) if forwarded_for else _of_forwarded(forwarded)
    for hop in hops:
        before = address_in(hop)
        if before is None:
            break
        found = before
        if not _is_in(found, trusted):
            break
    return found


def address_in(text: str) -> Address | None:
    """The address that a text is, with a port or without; IPv4 within IPv6 is IPv4. None: it is none."""
    bare = text.strip()
    if (with_port := _WITH_PORT.fullmatch(bare)) is not None:
        bare = with_port[1] or with_port[2] or ""
    try:
        found = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def household(address: Address) -> bytes:
    """What counts as one address: IPv4 as it is, of IPv6 the /64, in which whoever has one address has all."""
    return address.packed if isinstance(address, IPv4Address) else address.packed[:8]


def _is_in(address: Address, networks: Networks) -> bool:
    return any(address in network for network in networks)


def _of_forwarded_for(header: str) -> Iterator[str]:
    """The entries of `X-Forwarded-For`, the last one first."""
    yield from reversed(header[-_MOST_READ:].split(","))


def _of_forwarded(header: str) -> Iterator[str]:
    """Whom the elements of `Forwarded` are for (RFC 7239), the last one first; nothing for one that does not say.

    Read from its end as well: the quotes that a client leaves open then swallow nothing that a proxy has added.
    """
    rest = header[-_MOST_READ:]
    while rest and (element := _LAST_ELEMENT.search(rest)) is not None:
        parameters = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(element[1])}
        yield parameters.get("for", "")
        rest = rest[: element.start()]
