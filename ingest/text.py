"""HTML to plain text, in time that grows with the length only.

The standard library's parser takes minutes for 100 kB of «<a b="»; here every pattern, once begun, either matches or stops at
the next «<», so no input is read twice.
"""

import html
import re
from typing import Final

LONGEST: Final = 1_048_576
"""Most characters of HTML that are read for one text: four times the largest text that an article keeps."""

BLOCK: Final = re.compile(
    "address|article|aside|blockquote|br|dd|div|dl|dt|figcaption|figure|footer|h[1-6]|header|hr|li|main|nav|ol|p|pre|section"
    "|table|tr|ul",
    re.IGNORECASE,
)
"""Elements that end a line."""

MARKUP: Final = re.compile(
    r"""
      <!--.*?(?:-->|\Z)
    | <(script|style)\b[^<>]*+(?<!/)>.*?(?:</\1\s*+>|\Z)
    | <!\[CDATA\[ | \]\]>
    | <[!?][^<>]*+>
    | </?([a-z][a-z0-9:-]*+)(?: (?:[^<>"']|"[^"<]*+"|'[^'<]*+')*+> | [^<>]*+> )
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
UNWANTED: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
SURROGATE: Final = re.compile("[\ud800-\udfff]")


def html_to_text(source: str) -> str:
    """What a reader would see: a line for each paragraph, markup, scripts and styles left out, entities resolved."""
    pieces: list[str] = []
    end = 0
    source = source[:LONGEST]
    for markup in MARKUP.finditer(source):
        pieces += (_run(source[end : markup.start()]), "\n" if BLOCK.fullmatch(markup[2] or "") else "")
        end = markup.end()
    pieces.append(_run(source[end:]))
    return tidy("".join(pieces))


def tidy(text: str) -> str:
    """Plain text with single blanks, no empty lines, and nothing that UTF-8 or a reader cannot take."""
    lines = (" ".join(line.split()) for line in clean(text).splitlines())
    return "\n".join(line for line in lines if line)


def one_line(source: str, longest: int) -> str:
    """A title: the text of the HTML on one line, at most `longest` characters."""
    return " ".join(html_to_text(source).split())[:longest].rstrip()


def clean(text: str) -> str:
    """The text without control characters, lone surrogates replaced."""
    return SURROGATE.sub("\ufffd", UNWANTED.sub("", text))


def _run(text: str) -> str:
    """The characters between two tags: line ends of the source mean nothing."""
    return html.unescape(" ".join(text.splitlines()) if "\n" in text or "\r" in text else text)
