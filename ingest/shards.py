"""Which of several `marsad ingest` a feed belongs to: feeds are shared out by host, so that one alone is polite to a site.

It is decided when a feed is added, and by the address it is added under. So a feed that moves to another host stays where it is.
"""

from typing import Final, NamedTuple

from ingest.urls import host_of
from marsad.article import digest


class Shard(NamedTuple):
    """One of so many, from 1 on."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """From «k/n»; ValueError where it is none."""
        number, _, of = text.partition("/")
        shard = cls(int(number), int(of))
        if not 1 <= shard.number <= shard.of:
            raise ValueError(f"{text}: the first number is from 1 to the second")
        return shard

    def holds(self, url: str) -> bool:
        """Whether a feed under this address is ours."""
        return self.number == self.of_host(url)

    def of_host(self, url: str) -> int:
        """The number of the shard that a feed under this address belongs to."""
        return int(digest("shard", host_of(url)), 16) % self.of + 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


WHOLE: Final = Shard(1, 1)
"""All feeds."""
