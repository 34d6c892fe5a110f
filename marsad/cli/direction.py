"""Arabic in the lines of a terminal: every piece of it stands apart, so that the words around it keep their places.

Two rules, for two sorts of terminals that turn Arabic round. Those that know isolates (Unicode Standard Annex 9: mintty, and
what shows a terminal in a browser) get one around each piece of foreign text, by `inset`. Those that drop them (VTE, PuTTY of
old) or know no direction at all have only the layout: between two pieces of Arabic, and between one and a number, stands an
English word; signs alone would be drawn into the Arabic. The marks take no room, and rich counts none. What is piped or saved
has none.
"""

import os
import sys
import unicodedata

from rich.text import Text

from indexers.alerts.text import CONTROLS

FIRST_STRONG, LEFT_TO_RIGHT, END = "\u2068", "\u2066", "\u2069"
"""The isolate whose direction is that of its first letter, that from left to right, and the end of either."""
_PLAIN = ("linux", "dumb")
"""Values of TERM of terminals without Arabic, where a mark may be a box."""


def has_arabic(text: str) -> bool:
    """Whether a letter in it is written from right to left."""
    return any(unicodedata.bidirectional(char) in ("R", "AL") for char in text)


def harmless(text: str) -> str:
    """The text, as long as it was, with spaces for what would steer the terminal or turn the direction of the line."""
    return CONTROLS.sub(lambda found: " " * len(found[0]), text)


def isolated(piece: str, *, marked: bool) -> str:
    """A piece of foreign text made harmless; in an isolate where those are wanted and it is needed."""
    clean = harmless(piece)
    return f"{FIRST_STRONG}{clean}{END}" if marked and has_arabic(clean) else clean


def takes_isolates(*, terminal: bool, encoding: str, term: str) -> bool:
    """Whether isolates are written: to a terminal that can be told of them, and nowhere else."""
    return terminal and encoding.lower().replace("-", "") == "utf8" and term not in _PLAIN


def inset(piece: str) -> str:
    """A piece of foreign text for a line on standard output."""
    return isolated(piece, marked=_marked())


def inset_text(piece: Text) -> Text:
    """The same for text with styles; the caller has made it harmless before it counted places in it."""
    return Text.assemble(FIRST_STRONG, piece, END) if _marked() and has_arabic(piece.plain) else piece


def number_in_arabic(text: str) -> str:
    """A time or number for a line of Arabic that people get as a message: its parts keep their order."""
    return f"{LEFT_TO_RIGHT}{text}{END}"


def _marked() -> bool:
    return takes_isolates(
        terminal=sys.stdout.isatty(), encoding=sys.stdout.encoding or "", term=os.environ.get("TERM", "")
    )
