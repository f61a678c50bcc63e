"""Flags of many cells at once, a byte for each, taken together as one large number: quicker than cell by cell."""

from collections.abc import Iterator

Flags = bytearray | bytes


def as_bits(flags: Flags) -> int:
    """Flags as one number, of which each flag is a bit."""
    return int.from_bytes(flags, "little")


def as_flags(bits: int, count: int) -> bytearray:
    """The same back again."""
    return bytearray(bits.to_bytes(count, "little"))


def bits_between(first: int, last: int) -> int:
    """A number whose bits are the flags from `first` to before `last`."""
    return (1 << 8 * last) - (1 << 8 * first)


def either(*flags: Flags) -> bytearray:
    """Where any of them is set."""
    bits = 0
    for some in flags:
        bits |= as_bits(some)
    return as_flags(bits, len(flags[0]))


def both(first: Flags, second: Flags) -> bytearray:
    """Where both are set."""
    return as_flags(as_bits(first) & as_bits(second), len(first))


def but_not(first: Flags, *others: Flags) -> bytearray:
    """Where the first is set and none of the others is."""
    bits = as_bits(first)
    for other in others:
        bits &= ~as_bits(other)
    return as_flags(bits, len(first))


def flagged(flags: Flags) -> Iterator[int]:
    """The places that are set, in their order."""
    at = flags.find(1)
    while at >= 0:
        yield at
        at = flags.find(1, at + 1)
