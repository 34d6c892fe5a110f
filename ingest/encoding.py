"""Bytes of a feed or a page to text: what they are in decides, what they are said to be in helps.

Feeds of Arabic come in UTF-8, in windows-1256, and in either of them under the name of the other or of latin-1.
"""

import codecs
import re
from typing import Final, NamedTuple

DECLARED: Final = re.compile(rb"""\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
CHARSET: Final = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
META: Final = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
HEAD: Final = 4_096
"""Bytes at the beginning of an HTML page that may name its encoding."""
BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
READABLE: Final = re.compile(r"utf-16(-[lb]e)?|cp125\d|cp(720|864)|iso8859-\d+|mac-arabic|ascii")
"""Encodings taken at their word; Python knows others («idna», «unicode_escape») that no feed may choose."""
MOST_DAMAGE: Final = 10
"""Of so many characters outside ASCII one may be broken, and the bytes still count as UTF-8."""


class Decoded(NamedTuple):
    """The text, and what was wrong with its encoding, if anything was."""

    text: str
    problem: str | None


def decode(body: bytes, content_type: str) -> Decoded:
    """The text of a document: by its byte order mark, else as UTF-8 where it is, else as declared, else windows-1256."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return _replacing(body[len(mark) :], encoding)
    if b"\0" not in body[:64]:
        found = _replacing(body, "utf-8")
        broken = found.text.count("\ufffd")
        if broken * MOST_DAMAGE <= sum(character > "\x7f" for character in found.text):
            return found
    for encoding in _declared(body, content_type):
        try:
            return Decoded(body.decode(encoding), None)
        except UnicodeDecodeError:
            continue
    return Decoded(body.decode("cp1256"), "neither UTF-8 nor in the encoding it declares: read as windows-1256")


def _replacing(body: bytes, encoding: str) -> Decoded:
    try:
        return Decoded(body.decode(encoding), None)
    except UnicodeDecodeError as error:
        return Decoded(body.decode(encoding, "replace"), f"broken {encoding} at byte {error.start}")


def _declared(body: bytes, content_type: str) -> list[str]:
    """The encodings that the server and the document name, as Python calls them, where they are READABLE."""
    named = [match[1] for match in [CHARSET.search(content_type)] if match]
    named += [match[1].decode() for match in [DECLARED.match(body)] if match]
    named += [match[1].decode() for match in [META.search(body[:HEAD])] if match]
    found = []
    for name in named:
        try:
            encoding = codecs.lookup(name).name
        except LookupError:
            continue
        if READABLE.fullmatch(encoding):
            found.append(encoding)
    return found
