"""The session that everything is fetched with; it connects to no inner address that the operator has not allowed.

A name is judged when it has been resolved, and whatever is connected to once more when its socket is made: a redirect, a
literal address and a name that changes its meaning between two look-ups come no further than a feed's own address would.
"""

import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult

from ingest.addresses import Allowed, inside, refusal

ACCEPT: Final = (
    "application/rss+xml, application/atom+xml, application/rdf+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
)


class FetchLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of fetching; marsad/settings.py says what each means."""

    user_agent: str
    interval_s: float = 300
    timeout_s: float = 20
    max_bytes: int = 5_242_880
    concurrency: int = 8
    per_host: int = 2
    allow: Sequence[str] = ()
    full_text: bool = True
    pages_per_poll: int = 20
    page_timeout_s: float = 8
    page_max_bytes: int = 2_097_152


class AddressRefusedError(OSError):
    """An inner address that is not allowed; its text is for the operator."""


@asynccontextmanager
async def open_session(limits: FetchLimits) -> AsyncIterator[aiohttp.ClientSession]:
    """The session that all feeds of a process are fetched with: no cookies, no proxies of the environment."""
    resolver = _PublicResolver(Allowed(limits.allow))
    async with (
        aiohttp.ClientSession(
            headers={"User-Agent": limits.user_agent, "Accept": ACCEPT, "Accept-Encoding": "gzip, deflate"},
            timeout=aiohttp.ClientTimeout(total=limits.timeout_s),
            connector=aiohttp.TCPConnector(
                limit=0,  # whoever fetches holds a place for the host first, and the wait for one must not count as the site's
                ttl_dns_cache=60,
                resolver=resolver,
                socket_factory=resolver.open_socket,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        ) as session
    ):
        try:
            yield session
        finally:
            await resolver.close()


class _PublicResolver(AbstractResolver):
    """Resolves names to public addresses; `open_socket` lets nothing else through, however it was come by."""

    def __init__(self, allowed: Allowed) -> None:
        self._allowed = allowed
        self._resolver = aiohttp.ThreadedResolver()
        self._granted: set[tuple[str, int]] = set()
        """Inner addresses and ports of names that are allowed."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if self._allowed(host, port):
            self._granted |= {(one["host"], port) for one in found}
            return found
        public = [one for one in found if not self._kind(one["host"], port)]
        if not public and found:
            address = found[0]["host"]
            raise AddressRefusedError(refusal(host, address, self._kind(address, port) or ""))
        return public

    def open_socket(self, place: aiohttp.AddrInfoType) -> socket.socket:
        """The socket for a connection to this place; AddressRefusedError where nothing is to be fetched from it."""
        family, kind, protocol, _, (address, port, *_rest) = place
        if (inner := self._kind(str(address), int(port))) and (address, port) not in self._granted:
            raise AddressRefusedError(refusal(str(address), str(address), inner))
        return socket.socket(family, kind, protocol)

    async def close(self) -> None:
        await self._resolver.close()

    def _kind(self, address: str, port: int) -> str | None:
        return None if self._allowed(address, port) else inside(address)
