"""Pieces of a text around what was found in it."""

from collections.abc import Sequence

from indexers.query.live import TermHit

AROUND = 60
"""Characters of text on each side of what an excerpt is about."""


def apart(hits: Sequence[TermHit], distance: int = AROUND) -> list[TermHit]:
    """Of hits in order, those that the excerpt of an earlier one does not show."""
    found: list[TermHit] = []
    for hit in hits:
        if not found or hit.span.start >= found[-1].span.end + distance:
            found.append(hit)
    return found


def excerpt(content: str, start: int, end: int, around: int = AROUND) -> str:
    """The words around a span in its paragraph, cut between words, with … where something is left out."""
    paragraph = content.rfind("\n", 0, start) + 1
    line_end = content.find("\n", end)
    paragraph_end = len(content) if line_end < 0 else line_end
    first = max(paragraph, start - around)
    last = min(paragraph_end, end + around)
    if first > paragraph:
        first = next((at + 1 for at in range(first, start) if content[at].isspace()), start)
    if last < paragraph_end:
        last = next((at for at in range(last - 1, end, -1) if content[at].isspace()), end)
    words = " ".join(content[first:last].split())
    return f"{'…' if first > paragraph else ''}{words}{'…' if last < paragraph_end else ''}"
