"""An article's content cut into tokens, the runs of tokens that one name may span, and sentences."""

import enum
import re
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise

from marsad.annotation import Span
from marsad.arabic.tokens import Token, offset_in, tokenize

OPENING = "«“„\"'‹"
CLOSING = "»”“\"'›"

LONGEST_SENTENCE = 150
"""Tokens: the cost of reading a sentence grows faster than its length."""
_SENTENCE_END = re.compile(r"[\n!?؟…]|\.(?=\s|$)|\.[»”\"]")
_BREAK = re.compile(r"[,،؛;:()\[\]{}|/•–—@#]|\s-|-\s|\s{4,}")


class Gap(enum.IntEnum):
    """What stands between two tokens."""

    SOFT = 0
    """Blanks, quotes, a hyphen: a name may go on across it."""
    MARK = 1
    """A comma, a bracket, a dash: a clause may go on across it, a name may not."""
    SENTENCE = 2
    """The end of a sentence or of a line."""


class Reading:
    """One content as the processors read it; everything counts in tokens, and `span` leads back to the text."""

    def __init__(self, content: str) -> None:
        self.content = content
        self.tokens: list[Token] = tokenize(content)
        self.words: list[str] = [token.text for token in self.tokens]
        self.gaps: list[Gap] = [Gap.SENTENCE, *self._gaps(), Gap.SENTENCE][: len(self.tokens) + 1]
        """`gaps[n]` stands before token n; there is one more behind the last."""

    def _gaps(self) -> Iterator[Gap]:
        for before, after in pairwise(self.tokens):
            between = self.content[before.end : after.start]
            if between in (" ", "_", "-"):
                yield Gap.SOFT
            elif between == ".":
                # «ق.س.د» is one name; a full stop without a blank behind it ends a sentence all the same.
                yield (
                    Gap.SOFT if len(before.text) == 1 or len(after.text) == 1 or after.text.isdigit() else Gap.SENTENCE
                )
            elif _SENTENCE_END.search(between):
                yield Gap.SENTENCE
            else:
                yield Gap.MARK if _BREAK.search(between) else Gap.SOFT

    @cached_property
    def runs(self) -> list[range]:
        """Token ranges without a mark inside: a name never leaves one."""
        return self._ranges(Gap.MARK)

    @cached_property
    def sentences(self) -> list[range]:
        """Token ranges of sentences; the title is at least one of its own, and one without end is cut."""
        return [
            range(start, min(start + LONGEST_SENTENCE, whole.stop))
            for whole in self._ranges(Gap.SENTENCE)
            for start in range(whole.start, whole.stop, LONGEST_SENTENCE)
        ]

    def _ranges(self, least: Gap) -> list[range]:
        starts = [number for number, gap in enumerate(self.gaps) if gap >= least]
        return [range(start, end) for start, end in pairwise(starts)]

    def span(self, at: int, end: int, skip: int = 0) -> Span:
        """The part of the text from token `at`, less `skip` letters, up to the last token before `end`."""
        return Span(offset_in(self.content, self.tokens[at], skip), self.tokens[end - 1].end)

    def between(self, at: int) -> str:
        """The text right before token `at`, from the end of the token before it."""
        start = self.tokens[at - 1].end if at else 0
        return self.content[start : self.tokens[at].start] if at < len(self.tokens) else self.content[start:]
