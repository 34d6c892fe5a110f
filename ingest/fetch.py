"""One conditional HTTP GET as a value: whatever the network does, `fetch` says it and raises nothing.

Everything that comes back is hostile. Bodies are decompressed here, so that the limit holds while they grow.
"""

import asyncio
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

import aiohttp
import structlog

from ingest.connect import AddressRefusedError

MOST_REDIRECTS: Final = 5
LONGEST_VALIDATOR: Final = 1_000
"""Characters of an ETag or Last-Modified; longer ones are not sent back."""
PIECE: Final = 65_536
PERMANENT: Final = frozenset({HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT})

log = structlog.get_logger(__name__)


class Fetched(NamedTuple):
    """A body came."""

    body: bytes
    content_type: str
    etag: str
    last_modified: str
    final_url: str
    moved: str = ""
    """Where the site has moved the document to for good."""


class NotModified(NamedTuple):
    """The server says that nothing is new since the validators it was sent."""


class Failed(NamedTuple):
    """No body came."""

    reason: str
    retry_after: int = 0
    """How long the server asks to be left alone, in ms."""
    gone: bool = False
    """The server says that the document is there no more and will not come back."""
    refused: bool = False
    """It is at an inner address, and nothing was asked."""


FetchResult: TypeAlias = Fetched | NotModified | Failed


class _RefusedError(Exception):
    """A response that is not taken; its text is the reason."""


TROUBLE: Final = (_RefusedError, aiohttp.ClientError, OSError, zlib.error)
"""What a network and a server may do to a fetch; anything else is logged with its traceback."""


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
    except aiohttp.ClientConnectorError as error:
        refused = isinstance(error.os_error, AddressRefusedError)
        return Failed(str(error.os_error) if refused else _reason(error), refused=refused)
    except TROUBLE as error:
        return Failed(_reason(error))
    except Exception as error:
        log.exception("fetch failed in a way that is not known", url=url)
        return Failed(f"unexpected {type(error).__name__}: {error}")


async def _taken(response: aiohttp.ClientResponse, max_bytes: int, now: int) -> FetchResult:
    if response.status != HTTPStatus.OK:
        gone = response.status == HTTPStatus.GONE
        return Failed(_status(response.status), _retry_after(response.headers.get("Retry-After", ""), now), gone=gone)
    return Fetched(
        body=await _body(response, max_bytes),
        content_type=response.headers.get("Content-Type", ""),
        etag=_validator(response.headers, "ETag"),
        last_modified=_validator(response.headers, "Last-Modified"),
        final_url=str(response.url),
        moved=_moved(response),
    )


def _moved(response: aiohttp.ClientResponse) -> str:
    """Where permanent redirects lead, up to the first other one; "" where there is none, or it gives up encryption."""
    moved = ""
    for step, after in pairwise([*response.history, response]):
        if step.status not in PERMANENT or step.url.scheme > after.url.scheme:
            break
        moved = str(after.url)
    return moved


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
