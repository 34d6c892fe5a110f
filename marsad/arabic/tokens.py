"""A text cut into tokens, each with its place in the original.

A token is a run of letters or a run of digits; marks and invisible characters inside it are part of its surface and not of
its text. «داعش2014» is two tokens, «#داعش_في_سيناء» three. One regular expression says it all, so that Elasticsearch can
be given the same.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from marsad.arabic.letters import DROPPED, FORMATS, normal, normal_form

_DROPPED_CLASS = "".join(sorted(re.escape(char) for char in DROPPED))
_TOKEN = re.compile(rf"[^\W\d_][^\W\d_{_DROPPED_CLASS}]*(?:[{_DROPPED_CLASS}]+[^\W\d_]*)*|\d[\d{_DROPPED_CLASS}]*")

WORDS_REMEMBERED = 1 << 14
"""Words of which each memo of words keeps what it found, the last used; all memos together take some 4 kB a word.

A memo of four times as many was no quicker on 244,000 words of news, of which 49,000 were different, and took 70 MB more.
"""
LONGEST_REMEMBERED = 64
"""Characters of a piece of text between blanks whose terms are remembered; longer ones are addresses and the like."""


class Token(NamedTuple):
    """One word or number: its normal form and the half-open span it has in the original text."""

    text: str
    start: int
    end: int


def tokenize(text: str) -> list[Token]:
    """The tokens of a text in order; their index in the list is their position."""
    tokens = []
    for match in _TOKEN.finditer(text):
        surface = match.group()
        start, end = match.span()
        form = normal_form(surface)
        if not form:
            continue
        if form != surface:
            start += next(index for index, char in enumerate(surface) if normal(char))
            end -= next(index for index, char in enumerate(reversed(surface)) if char not in FORMATS)
        tokens.append(Token(form, start, end))
    return tokens


def terms(text: str) -> list[str]:
    """The normal forms of the text's tokens; several times as quick as `tokenize`, since words come again and again."""
    return [
        term
        for piece in text.split()  # no token runs across a blank
        for term in (_remembered(piece) if len(piece) <= LONGEST_REMEMBERED else _terms(piece))
    ]


def _terms(piece: str) -> tuple[str, ...]:
    return tuple(form for surface in _TOKEN.findall(piece) if (form := normal_form(surface)))


_remembered = lru_cache(WORDS_REMEMBERED)(_terms)


def offset_in(text: str, token: Token, skip: int) -> int:
    """Where the token's character number `skip` begins in the original text that the token was cut from."""
    at = token.start
    while skip > 0:
        skip -= len(normal(text[at]))
        at += 1
    while at < token.end and text[at] in DROPPED:
        at += 1
    return at
