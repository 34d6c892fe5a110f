"""One conditional HTTP GET as a value: whatever the network does, `fetch` says it and raises nothing.

Everything that comes back is hostile. Bodies are decompressed here, so that the limit holds while they grow.
Still to come: a resolver in `open_session` that refuses private addresses, and robots.txt and a pace for each host.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final, NamedTuple, TypeAlias

import aiohttp
import msgspec
import structlog

MOST_REDIRECTS: Final = 5
LONGEST_VALIDATOR: Final = 1_000
"""Characters of an ETag or Last-Modified; longer ones are not sent back."""
ACCEPT: Final = (
    "application/rss+xml, application/atom+xml, application/rdf+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
)
PIECE: Final = 65_536

log = structlog.get_logger(__name__)


class FetchLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of fetching."""

    user_agent: str
    interval_s: float = 300
    timeout_s: float = 20
    """For one fetch, redirects and body included."""
    max_bytes: int = 5_242_880
    """Of a body, after decompression."""
    concurrency: int = 8


class Fetched(NamedTuple):
    """A body came."""

    body: bytes
    content_type: str
    etag: str
    last_modified: str
    final_url: str


class NotModified(NamedTuple):
    """The server says that nothing is new since the validators it was sent."""


class Failed(NamedTuple):
    """No body came. `retry_after` is how long the server asks to be left alone, in ms."""

    reason: str
    retry_after: int = 0


FetchResult: TypeAlias = Fetched | NotModified | Failed


class _RefusedError(Exception):
    """A response that is not taken; its text is the reason."""


TROUBLE: Final = (_RefusedError, aiohttp.ClientError, OSError, zlib.error)
"""What a network and a server may do to a fetch; anything else is logged with its traceback."""


@asynccontextmanager
async def open_session(limits: FetchLimits) -> AsyncIterator[aiohttp.ClientSession]:
    """The session that all feeds of a process are fetched with: no cookies, no proxies of the environment."""
    async with aiohttp.ClientSession(
        headers={"User-Agent": limits.user_agent, "Accept": ACCEPT, "Accept-Encoding": "gzip, deflate"},
        timeout=aiohttp.ClientTimeout(total=limits.timeout_s),
        connector=aiohttp.TCPConnector(limit=limits.concurrency, ttl_dns_cache=60),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
    ) as session:
        yield session


async def fetch(
    session: aiohttp.ClientSession, url: str, *, etag: str, last_modified: str, max_bytes: int, now: int
) -> FetchResult:
    """Get the document unless it is what the validators say; `now` is for a Retry-After that is a date, in ms."""
    conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    headers = {name: value for name, value in conditions.items() if value}
    try:
        # aiohttp counts the response that would be one redirect too many.
        async with session.get(url, headers=headers, max_redirects=MOST_REDIRECTS + 1) as response:
            if response.status == HTTPStatus.NOT_MODIFIED and headers:
                return NotModified()
            return await _taken(response, max_bytes, now)
    except TROUBLE as error:
        return Failed(_reason(error))
    except Exception as error:
        log.exception("fetch failed in a way that is not known", url=url)
        return Failed(f"unexpected {type(error).__name__}: {error}")


async def _taken(response: aiohttp.ClientResponse, max_bytes: int, now: int) -> FetchResult:
    if response.status != HTTPStatus.OK:
        return Failed(_status(response.status), _retry_after(response.headers.get("Retry-After", ""), now))
    return Fetched(
        body=await _body(response, max_bytes),
        content_type=response.headers.get("Content-Type", ""),
        etag=_validator(response.headers, "ETag"),
        last_modified=_validator(response.headers, "Last-Modified"),
        final_url=str(response.url),
    )


def _reason(error: Exception) -> str:
    """What happened on the network, in words for the operator."""
    match error:
        case TimeoutError():  # aiohttp's are among them
            return "no whole answer in time"
        case aiohttp.TooManyRedirects():
            return f"over {MOST_REDIRECTS} redirects"
        case aiohttp.NonHttpUrlClientError():
            return "redirected to an address that is not http or https"
        case aiohttp.InvalidURL():
            return "not an address that can be fetched"
        case zlib.error():
            return f"the body is compressed wrongly: {error}"
        case _:
            return str(error) or type(error).__name__


async def _body(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """The decompressed body; _RefusedError as soon as it is over the limit."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower() or "identity"
    if encoding not in {"identity", "gzip", "x-gzip", "deflate"}:
        raise _RefusedError(f"the body is encoded as «{encoding[:40]}», which was not asked for")
    # 32 takes gzip and zlib alike: servers confuse their names
    unpack = None if encoding == "identity" else zlib.decompressobj(zlib.MAX_WBITS | 32)
    body = bytearray()
    async for piece in response.content.iter_chunked(PIECE):
        body += piece if unpack is None else unpack.decompress(piece, limit + 1 - len(body))
        if len(body) > limit:
            raise _RefusedError(f"the body is over {limit} bytes")
        await asyncio.sleep(0)  # a quick server must not keep the others waiting
    if unpack is not None and body and not unpack.eof:
        raise _RefusedError("the compressed body ends too early")
    return bytes(body)


def _validator(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "")
    return value if len(value) <= LONGEST_VALIDATOR and value.isprintable() else ""


def _status(status: int) -> str:
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"


def _retry_after(header: str, now: int) -> int:
    """The wait in ms that a Retry-After asks for; 0 where it asks for none or cannot be read."""
    if header.isdecimal() and len(header) < 10:  # noqa: PLR2004 - thirty years of seconds
        return int(header) * 1_000
    try:
        moment = parsedate_to_datetime(header)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0, int((aware - datetime.fromtimestamp(now / 1000, UTC)).total_seconds() * 1_000))
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0
