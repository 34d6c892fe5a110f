"""Bytes of RSS 2.0, RSS 1.0 or Atom to what the feed says; the only module that knows feedparser.

What cannot be read is named in `problem` and never raises: one bad entry leaves the others whole.
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from xml.parsers import expat

import feedparser

from ingest.dates import aware_date
from ingest.encoding import decode
from ingest.text import clean, html_to_text, one_line, tidy
from ingest.urls import LONGEST as LONGEST_URL
from ingest.urls import canonical_url
from marsad.article import digest

LONGEST_TITLE: Final = 1_000
LONGEST_GUID: Final = 1_000
MOST_ENTRIES: Final = 2_000
"""Entries of one document that are read, from the top, where feeds have their newest."""
LARGEST_MALFORMED: Final = 1_048_576
"""Characters of a malformed document that are read: feedparser's lenient parser takes 12 s for the worst of this size."""
MOST_TAGS_QUICK: Final = 20_000
"""«<» in a document that is quick to read: feedparser takes up to 70 µs for an element, 17 s for a megabyte of «<x/>»."""
HTML_PAGE: Final = re.compile(
    r"\s*+(?:(?><!--.*?-->)\s*+)*+<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
XML_DECLARATION: Final = re.compile(r"\A\s*<\?xml[^>]{0,300}\?>\s*")


class EntryData(NamedTuple):
    """What a feed says of one text. `guid` or `url` may be empty, not both; so may `title` or `text`."""

    guid: str
    link: str
    """As written."""
    url: str
    """`canonical_url` of the link."""
    title: str
    """One line, at most LONGEST_TITLE characters."""
    text: str
    """The longest of contents and summary as plain text, a line for each paragraph."""
    published: datetime | None
    updated: datetime | None


class FeedData(NamedTuple):
    """What one document says. `problem` tells what could not be read; with no entries at all the document is no feed."""

    title: str
    entries: tuple[EntryData, ...]
    problem: str | None


def parse(body: bytes, *, content_type: str, feed_url: str) -> FeedData:
    """Read a document; `content_type` is the header as it came, `feed_url` what relative links are relative to."""
    decoded = decode(body, content_type)
    text = XML_DECLARATION.sub("", decoded.text)
    problems = [decoded.problem] if decoded.problem else []
    if not text.strip():
        return FeedData("", (), "the document is empty")
    if HTML_PAGE.match(text):
        return FeedData("", (), "this is an HTML page and not a feed")
    fault = _fault(text)
    found = _feedparser(text if fault is None else text[:LARGEST_MALFORMED])
    problems += [f"not well-formed XML: {fault}"] if fault else []
    if not found.version and not found.entries:
        return FeedData("", (), "; ".join(["this is neither RSS nor Atom", *problems]))
    read = [_entry(raw, feed_url) for raw in found.entries[:MOST_ENTRIES]]
    entries = [entry for entry in read if entry is not None]
    if skipped := len(read) - len(entries):
        problems.append(f"entries without title and text, or unreadable: {skipped}")
    if len(found.entries) > MOST_ENTRIES:
        problems.append(f"only the first {MOST_ENTRIES} of {len(found.entries)} entries are read")
    title = one_line(str(found.feed.get("title") or ""), LONGEST_TITLE)
    return FeedData(title, told_apart(entries), "; ".join(problems) or None)


def is_quick(body: bytes, content_type: str) -> bool:
    """Whether `parse` takes a second at most: the lenient parser is not needed, and there is not too much markup."""
    text = XML_DECLARATION.sub("", decode(body, content_type).text)
    return text.count("<") <= MOST_TAGS_QUICK and bool(
        not text.strip() or HTML_PAGE.match(text) or _fault(text) is None
    )


def _fault(text: str) -> str | None:
    """Why the document is not well-formed XML; entities that only HTML knows are no fault, feedparser resolves them."""
    parser = expat.ParserCreate("utf-8", " ")  # with namespaces, as feedparser: an unbound prefix makes it lenient
    parser.UseForeignDTD(True)  # unknown entities are skipped then, and nothing is loaded from outside
    try:
        parser.Parse(text.encode(errors="replace"), True)
    except expat.ExpatError as error:
        return str(error)
    return None


def _feedparser(text: str) -> Any:  # noqa: ANN401 - feedparser ships no types
    # Bytes in a stream: given bytes alone, or a string, feedparser would open the file or fetch the address of that name.
    # Without an address to resolve against, guids stay as they are written.
    return feedparser.parse(
        io.BytesIO(text.encode(errors="replace")),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        resolve_relative_uris=False,
        sanitize_html=False,
    )


def _entry(raw: Mapping[str, Any], feed_url: str) -> EntryData | None:
    """One entry, or None where there is nothing to read in it."""
    try:
        guid, link = _said(raw, "id"), _said(raw, "link")
        if len(link) > LONGEST_URL or (link == guid and not guid.startswith(("http://", "https://"))):
            link = ""  # too long, or a guid that calls itself a permanent link and is none
        url = canonical_url(link, feed_url)
        title = one_line(_said(raw, "title"), LONGEST_TITLE)
        text = max(_texts(raw), key=len, default="")
        published, updated = _date(raw, "published"), _date(raw, "updated")
    except (AttributeError, LookupError, TypeError, ValueError):  # whatever feedparser makes of a hostile entry
        return None
    if not title and not text:
        return None
    if len(guid) > LONGEST_GUID:
        guid = f"sha256:{digest(guid)}"
    if not guid and not url:
        guid = _content_guid(title, text)
    return EntryData(guid, link, url, title, text, published or updated, updated)


def told_apart(entries: Iterable[EntryData]) -> tuple[EntryData, ...]:
    """The entries; a link that several share (a home page, «live») names none of those without guid, their content does."""
    kept = tuple(entries)
    contents: dict[str, set[tuple[str, str]]] = {}
    for entry in kept:
        contents.setdefault(entry.url, set()).add((entry.title, entry.text))
    return tuple(
        entry._replace(guid=_content_guid(entry.title, entry.text))
        if not entry.guid and len(contents[entry.url]) > 1
        else entry
        for entry in kept
    )


def _content_guid(title: str, text: str) -> str:
    """What stands for a guid where a feed gives nothing to know an entry by: an edit of it counts as another article."""
    return f"content:{digest(title, text)}"


def _said(raw: Mapping[str, Any], name: str) -> str:
    # dict's own get: feedparser's warns, and answers with other fields for those that are missing
    return clean(str(dict.get(raw, name) or "")).strip()  # type: ignore[call-overload] # feedparser's dict ships no types, and mypy knows no Mapping in dict.get


def _texts(raw: Mapping[str, Any]) -> Iterator[str]:
    contents = [*(dict.get(raw, "content") or ()), dict.get(raw, "summary_detail") or {}]  # type: ignore[call-overload] # feedparser's dict ships no types, and mypy knows no Mapping in dict.get
    for content in contents:
        value = str(content.get("value") or "")
        plain = content.get("type") == "text/plain" and "<" not in value
        yield tidy(value) if plain else html_to_text(value)


def _date(raw: Mapping[str, Any], name: str) -> datetime | None:
    """The date in its own offset where we can read it, else as feedparser reads it, in UTC."""
    written = _said(raw, name)
    if not written:
        return None
    if (moment := aware_date(written)) is not None:
        return moment
    try:
        year, month, day, hour, minute, second = dict.get(raw, f"{name}_parsed")[:6]  # type: ignore[call-overload] # feedparser's dict ships no types, and mypy knows no Mapping in dict.get
        return aware_date(datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC).isoformat())
    except (TypeError, ValueError):  # feedparser reads none, or a day that does not exist
        return None
