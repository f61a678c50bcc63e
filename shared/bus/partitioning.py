"""Which partition a key belongs to: Kafka's own rule for both buses, so that they agree with each other and all.

Source: murmur2 as in `org.apache.kafka.common.utils.Utils`, seed 0x9747b28c, sign bit dropped.
"""

import struct
from functools import lru_cache

_MULTIPLIER = 0x5BD1E995
_WORD = 0xFFFFFFFF


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a topic with so many that holds all messages of this key."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


@lru_cache(maxsize=8192)  # a key comes back with each step of its aggregate: 0.1 us instead of 3
def murmur2(data: bytes) -> int:
    """The 32-bit MurmurHash2, unsigned."""
    length = len(data)
    words, rest = divmod(length, 4)
    h = 0x9747B28C ^ length
    for k in struct.unpack_from(f"<{words}I", data):
        k = k * _MULTIPLIER & _WORD
        h = (h * _MULTIPLIER & _WORD) ^ ((k ^ k >> 24) * _MULTIPLIER & _WORD)
    if rest:
        h = (h ^ int.from_bytes(data[-rest:], "little")) * _MULTIPLIER & _WORD
    h = (h ^ h >> 13) * _MULTIPLIER & _WORD
    return h ^ h >> 15
