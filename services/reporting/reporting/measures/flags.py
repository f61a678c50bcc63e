"""Flags of many cells at once, a byte for each, taken together as one large number: quicker than cell by cell."""

from collections.abc import Iterator

Flags = bytearray | bytes


def either(*flags: Flags) -> bytearray:
    """Where any of them is set."""
    bits = 0
    for some in flags:
        bits |= int.from_bytes(some, "little")
    return bytearray(bits.to_bytes(len(flags[0]), "little"))


def both(first: Flags, second: Flags) -> bytearray:
    """Where both are set."""
    bits = int.from_bytes(first, "little") & int.from_bytes(second, "little")
    return bytearray(bits.to_bytes(len(first), "little"))


def but_not(first: Flags, *others: Flags) -> bytearray:
    """Where the first is set and none of the others is."""
    bits = int.from_bytes(first, "little")
    for other in others:
        bits &= ~int.from_bytes(other, "little")
    return bytearray(bits.to_bytes(len(first), "little"))


def flagged(flags: Flags) -> Iterator[int]:
    """The places that are set, in their order."""
    at = flags.find(1)
    while at >= 0:
        yield at
        at = flags.find(1, at + 1)
