"""Lists of feeds as people exchange them: OPML in and out, and lines of text or TSV.

What cannot be taken is named with its place in the list and never raises: one bad line leaves the others whole.
"""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from ingest.encoding import decode
from ingest.text import one_line
from ingest.urls import feed_address
from marsad.errors import OperatorError

LARGEST: Final = 10 * 1024 * 1024
"""Bytes of a list."""
LONGEST_TITLE: Final = 200
XML_DECLARATION: Final = re.compile(r"\A\s*<\?xml[^>]{0,300}\?>\s*")
ENTITY: Final = re.compile(r"&(#?[A-Za-z0-9]{1,32};)?")
OF_XML: Final = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})
URL_COLUMNS: Final = ("url", "feed", "xmlurl", "address")
TITLE_COLUMNS: Final = ("title", "name", "text")


class Listed(NamedTuple):
    """One feed of a list."""

    line: int
    url: str
    """From `feed_address`."""
    title: str


class ListData(NamedTuple):
    """What a list says."""

    feeds: tuple[Listed, ...]
    problems: tuple[tuple[int, str], ...]
    """(line, what is wrong there)."""


class _EntityError(Exception):
    pass


def read_list(body: bytes) -> ListData:
    """The feeds of an OPML document, or of lines with an address each; OperatorError where it is none of these at all."""
    if len(body) > LARGEST:
        raise OperatorError(f"a list of feeds may have {LARGEST // 1024 // 1024} MB, and this has more")
    text = decode(body, "").text
    rows = _outlines(text) if text.lstrip().startswith("<") else _lines(text)
    feeds: list[Listed] = []
    problems: list[tuple[int, str]] = []
    for row in rows:
        if row.problem:
            problems.append((row.line, row.problem))
            continue
        try:
            feeds.append(Listed(row.line, feed_address(row.url), one_line(row.title, LONGEST_TITLE)))
        except OperatorError as error:
            problems.append((row.line, str(error)))
    return ListData(tuple(feeds), tuple(problems))


def write_opml(feeds: Iterable[tuple[str, str]], title: str) -> str:
    """An OPML document of (title, url) of each feed."""
    outlines = "".join(
        f"    <outline type={quoteattr('rss')} text={quoteattr(name)} title={quoteattr(name)} xmlUrl={quoteattr(url)}/>\n"
        for name, url in feeds
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n'
        f"  <head><title>{html.escape(title)}</title></head>\n  <body>\n{outlines}  </body>\n</opml>\n"
    )


class _Row(NamedTuple):
    line: int
    url: str = ""
    title: str = ""
    problem: str = ""


def _outlines(text: str) -> Iterator[_Row]:
    """The outlines of OPML that have an address, however deep they are; where the XML breaks off, those before."""
    found: list[_Row] = []
    names: set[str] = set()
    parser = expat.ParserCreate("utf-8")

    def begin(name: str, raw: Mapping[str, str]) -> None:
        names.add(name.lower())
        said = {key.lower(): value.strip() for key, value in raw.items()}
        if name.lower() == "outline" and (url := said.get("xmlurl", "")):
            found.append(_Row(parser.CurrentLineNumber, url, said.get("title") or said.get("text", "")))

    def refuse(*_: object) -> int:
        raise _EntityError

    parser.StartElementHandler = begin
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    try:
        parser.Parse(_plain(text).encode(errors="replace"), True)
    except _EntityError as error:
        raise OperatorError(
            "the list declares entities of its own, which no list of feeds needs: it is refused"
        ) from error
    except expat.ExpatError as error:
        found.append(_Row(error.lineno, problem=f"not well-formed XML, and what follows is not read: {error}"))
    if not names & {"opml", "outline"}:
        raise OperatorError("this is XML and not OPML: a list of feeds has «outline» elements with «xmlUrl»")
    yield from found


def _plain(text: str) -> str:
    """The document without its declaration, which may name another encoding, and with «&» as it should have been written."""

    def mended(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return "&amp;"
        if name in OF_XML or name.startswith("#"):
            return match[0]
        known = html.unescape(match[0])
        return f"&amp;{name}" if known == match[0] else known

    declaration = XML_DECLARATION.match(text)
    kept = "\n" * declaration[0].count("\n") + text[declaration.end() :] if declaration else text.lstrip()
    head, doctype, rest = kept.partition("]>") if "<!ENTITY" in kept else ("", "", kept)
    return head + doctype + ENTITY.sub(mended, rest)


def _lines(text: str) -> Iterator[_Row]:
    """A feed a line: its address, or TSV with a first line that names the columns, or with the address in any column."""
    columns: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split("\t")]
        lowered = [cell.lower() for cell in cells]
        if not columns and set(lowered) & set(URL_COLUMNS) and "://" not in line:
            columns = lowered
            continue
        url = _column(columns, cells, URL_COLUMNS) or next((cell for cell in cells if "://" in cell), cells[0])
        title = _column(columns, cells, TITLE_COLUMNS) or next(
            (cell for cell in cells if "://" not in cell and cell != url), ""
        )
        yield _Row(number, url, title)


def _column(columns: list[str], cells: list[str], names: Iterable[str]) -> str:
    return next((cells[columns.index(name)] for name in names if name in columns[: len(cells)]), "")
