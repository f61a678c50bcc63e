"""Reads the QR codes of a drawn document, module by module, by ISO/IEC 18004: written apart from what draws them.

Reads what a sheet holds: versions 1 to 6, error correction M, bytes. Nothing is corrected: one wrong module is a fault.
"""

import re
from collections.abc import Callable, Iterator, Sequence

Modules = list[list[bool]]
"""Rows from the top, dark ones true."""

_RUNS = re.compile(r"(?:\d+ \d+ \d+ 1 re\s+)+")
_QUIET = 4
_LIGHT_TO_DARK = 0x5412
_CODEWORDS = {1: (1, 26, 16), 2: (1, 44, 28), 3: (1, 70, 44), 4: (2, 50, 32), 5: (2, 67, 43), 6: (4, 43, 27)}
"""By version, for error correction M: blocks, codewords of each, and how many of these are data."""
_MASKS: Sequence[Callable[[int, int], bool]] = (
    lambda r, c: (r + c) % 2 == 0,
    lambda r, c: r % 2 == 0,
    lambda r, c: c % 3 == 0,
    lambda r, c: (r + c) % 3 == 0,
    lambda r, c: (r // 2 + c // 3) % 2 == 0,
    lambda r, c: r * c % 2 + r * c % 3 == 0,
    lambda r, c: (r * c % 2 + r * c % 3) % 2 == 0,
    lambda r, c: ((r + c) % 2 + r * c % 3) % 2 == 0,
)


def squares_in(document: str) -> Iterator[Modules]:
    """Every QR code that an uncompressed document draws, from its rectangles."""
    for runs in _RUNS.findall(document):
        dark = [tuple(map(int, run)) for run in re.findall(r"(\d+) (\d+) (\d+) 1 re", runs)]
        size = max(x + width for x, _, width in dark) - _QUIET
        modules = [[False] * size for _ in range(size)]
        for x, y, width in dark:
            for column in range(x - _QUIET, x - _QUIET + width):
                modules[size - 1 - (y - _QUIET)][column] = True
        yield modules


def read_square(modules: Modules) -> str:
    """The text that a QR code holds. Raises: AssertionError where it is none."""
    version = (len(modules) - 17) // 4
    mask = _mask_of(modules)
    bits = [
        modules[row][column] != _MASKS[mask](row, column)
        for row, column in _way(len(modules))
        if not _is_pattern(row, column, version)
    ]
    codewords = [_number(bits[at : at + 8]) for at in range(0, len(bits) // 8 * 8, 8)]
    data = "".join(f"{byte:08b}" for byte in _data_of(codewords, version))
    assert data[:4] == "0100", "bytes"
    length = int(data[4:12], 2)
    return bytes(int(data[at : at + 8], 2) for at in range(12, 12 + 8 * length, 8)).decode("latin-1")


def _mask_of(modules: Modules) -> int:
    """Which mask was laid over it; its two copies agree, and the error correction is M."""
    last = len(modules) - 1
    columns = (0, 1, 2, 3, 4, 5, 7, 8)
    first = [modules[8][c] for c in columns] + [modules[r][8] for r in (7, 5, 4, 3, 2, 1, 0)]
    second = [modules[last - i][8] for i in range(7)] + [modules[8][last - 7 + i] for i in range(8)]
    assert first == second, "both copies say the same"
    told = _number(first) ^ _LIGHT_TO_DARK
    assert told >> 13 == 0, "error correction M"
    return told >> 10 & 0b111


def _is_pattern(row: int, column: int, version: int) -> bool:
    """Whether a module belongs to what helps a reader find its way, and holds no data."""
    size = 17 + 4 * version
    near, far = 9, size - 8
    corners = (row < near and (column < near or column >= far)) or (row >= far and column < near)
    timing = 6 in (row, column)
    middle = size - 7
    alignment = version > 1 and abs(row - middle) <= 2 and abs(column - middle) <= 2
    return corners or timing or alignment


def _way(size: int) -> Iterator[tuple[int, int]]:
    """Where the bits lie: in columns of two from the right, upwards and downwards in turn."""
    upwards = True
    right = size - 1
    while right > 0:
        if right == 6:
            right -= 1
        for row in range(size - 1, -1, -1) if upwards else range(size):
            yield row, right
            yield row, right - 1
        upwards = not upwards
        right -= 2


def _data_of(codewords: list[int], version: int) -> list[int]:
    """The data of its blocks, one after the other, each of which is whole."""
    blocks, length, of_data = _CODEWORDS[version]
    assert len(codewords) == blocks * length
    found = []
    for block in range(blocks):
        data = codewords[block : blocks * of_data : blocks]
        correction = codewords[blocks * of_data + block :: blocks]
        assert _is_whole([*data, *correction], len(correction)), "no module is wrong"
        found += data
    return found


def _is_whole(block: list[int], corrections: int) -> bool:
    """Whether the block, as a polynomial, is zero at each root of its generator (Reed and Solomon, over GF(256))."""
    powers = [1]
    for _ in range(254):
        doubled = powers[-1] << 1
        powers.append(doubled ^ 0x11D if doubled > 255 else doubled)
    logarithm = {value: at for at, value in enumerate(powers)}
    for root in range(corrections):
        value = 0
        for codeword in block:
            product = powers[(logarithm[value] + root) % 255] if value else 0
            value = product ^ codeword
        if value:
            return False
    return True


def _number(bits: Sequence[bool]) -> int:
    return int("".join("1" if bit else "0" for bit in bits), 2)
