"""Which texts are copies of one another.

A text's fingerprint is the set of its three-word sequences in normal form, each hashed, of which a long text keeps the smallest
hashes. Two texts are compared by the share of the shorter one's sequences that both have, so that a lead-in, a by-line or a
cut end does not part copies. Texts of a few words are copies only where they are equal.
"""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

SHINGLE: Final = 3
"""Words in a sequence."""
SHORT: Final = 12
"""Texts of fewer words join only when they are equal."""
SKETCH: Final = 256
"""Most hashes that a fingerprint keeps."""
INDEXED: Final = 64
"""Of these so many, the smallest, are looked up to find candidates."""


class Fingerprint(NamedTuple):
    """What is kept of a text: hashes in rising order.

    `cut` says that the text had more of them, `short` that it is one hash of the whole text.
    """

    hashes: tuple[int, ...]
    cut: bool = False
    short: bool = False

    @property
    def indexed(self) -> tuple[int, ...]:
        """The hashes by which another text finds this one."""
        return self.hashes[:INDEXED]

    def pack(self) -> bytes:
        """As bytes: one for the flags, then eight for each hash."""
        return bytes([self.cut + 2 * self.short]) + array("q", self.hashes).tobytes()

    @classmethod
    def unpack(cls, data: bytes) -> "Fingerprint":
        """The fingerprint that was packed, on a machine of the same byte order."""
        hashes = array("q")
        hashes.frombytes(data[1:])
        return cls(tuple(hashes), cut=bool(data[0] & 1), short=bool(data[0] & 2))


def fingerprint(words: Sequence[str]) -> Fingerprint:
    """The fingerprint of the terms of a text; equal in normal form means equal, today and on every machine."""
    if len(words) < SHORT:
        return Fingerprint((hash_of(words),), short=True)
    hashes = sorted({hash_of(words[at : at + SHINGLE]) for at in range(len(words) - SHINGLE + 1)})
    return Fingerprint(tuple(hashes[:SKETCH]), cut=len(hashes) > SKETCH)


def hash_of(words: Sequence[str]) -> int:
    """64 bits of a sequence of words."""
    return int.from_bytes(blake2b(" ".join(words).encode(), digest_size=8).digest(), "big", signed=True)


def similarity(one: Fingerprint, other: Fingerprint) -> float:
    """Share of the shorter text's word sequences that both have, 0 to 1; estimated from the smallest hashes of long texts."""
    if one.short or other.short:
        return float(one == other)
    ends = [it.hashes[-1] for it in (one, other) if it.cut]
    if not ends:
        least, common = min(len(one.hashes), len(other.hashes)), set(one.hashes) & set(other.hashes)
    else:
        # Only hashes up to the smaller of the two cuts say something about both texts.
        sizes = [bisect_right(it.hashes, min(ends)) for it in (one, other)]
        least, common = min(sizes), set(one.hashes[: sizes[0]]) & set(other.hashes[: sizes[1]])
    return len(common) / least if least else 0.0
