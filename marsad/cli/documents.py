"""Documents that commands read from files and standard input: {"id", "title", "text", "published"}, one a line."""

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import msgspec

from marsad.article import Article, digest, month_of
from marsad.errors import OperatorError

STDIN = Path("-")


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One document as a program gives it; other fields are passed over."""

    id: str | None = None
    title: str | None = None
    text: str
    published: str | None = None
    outlet: str = ""


def read_file(path: Path | None) -> str:
    """The text of a file, or of standard input; a byte order mark is dropped."""
    if path is None or path == STDIN:
        data, name = sys.stdin.buffer.read(), "standard input"
    else:
        try:
            data, name = path.read_bytes(), str(path)
        except OSError as error:
            raise OperatorError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise OperatorError(
            f"{name}: is not UTF-8 (byte {error.start + 1}); convert it first, for example with iconv -f windows-1256 -t utf-8"
        ) from error


def read_documents(paths: Iterable[Path]) -> Iterator[Article]:
    """The documents of files, or of standard input where no file is named; OperatorError names file and line."""
    for path in list(paths) or [STDIN]:
        if path == STDIN:
            yield from _documents(sys.stdin.buffer, "standard input")
            continue
        try:
            with path.open("rb") as lines:
                yield from _documents(lines, str(path))
        except OSError as error:
            raise OperatorError(f"{path}: cannot be read: {error.strerror}") from error


def _documents(lines: IO[bytes], name: str) -> Iterator[Article]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield to_article(msgspec.json.decode(line, type=Document), f"{name}:{number}")
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise OperatorError(
                f"{name}:{number}: not a document: {error}; a line is a JSON object with text, and id, title, published"
            ) from error


def to_article(document: Document, place: str) -> Article:
    """A document as an article, with no change to its text, so that spans count in what was given."""
    if document.title is None:
        title, _, text = document.text.partition("\n")
    else:
        title, text = document.title, document.text
    published = parse_time(document.published, place)
    fetched = int(published.timestamp() * 1000) if published else 0
    return Article(
        id=document.id or digest(title, text),
        version=fetched,
        first_seen=fetched,
        feed_id="",
        feed_url="",
        outlet=document.outlet,
        guid="",
        url="",
        title=title,
        text=text,
        published=published,
        updated=None,
        month=month_of(published, fetched),
    )


def parse_time(text: str | None, place: str) -> datetime | None:
    """A time in ISO 8601; one without an offset is UTC."""
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise OperatorError(
            f"{place}: published «{text}» is not a time in ISO 8601, such as 2026-11-28T14:30:00+03:00"
        ) from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)
