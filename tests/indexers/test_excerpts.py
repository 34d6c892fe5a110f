"""Excerpts read well: whole words of one paragraph, each part of a text once."""

import pytest

from indexers.excerpts import apart, excerpt
from indexers.query.ast import ActorTerm
from indexers.query.live import TermHit
from marsad.annotation import Span


@pytest.mark.parametrize(
    ("content", "start", "end", "expected"),
    [
        ("هجوم لداعش", 5, 10, "هجوم لداعش"),
        ("واحد اثنان ثلاثة  أربعة خمسة ستة", 11, 16, "…اثنان ثلاثة أربعة…"),
        ("عنوان\nواحد اثنان", 6, 10, "واحد اثنان"),
        ("عنوان\nواحد اثنان", 0, 5, "عنوان"),
        ("abcdefghijklmnopqrstuvwxyz", 10, 13, "…klm…"),
    ],
)
def test_an_excerpt_is_cut_between_words_and_has_one_line(content: str, start: int, end: int, expected: str) -> None:
    assert excerpt(content, start, end, around=8) == expected


def test_what_an_earlier_excerpt_shows_needs_no_other() -> None:
    hits = [TermHit(ActorTerm("isis", "داعش"), Span(at, at + 4), "داعش") for at in (0, 30, 70, 120, 200)]
    assert [hit.span.start for hit in apart(hits, 60)] == [0, 70, 200]
