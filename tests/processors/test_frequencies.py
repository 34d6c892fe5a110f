"""Word frequencies: the tables that ship belong together."""

import pytest

from processors.frequencies import count_stems, frequencies


def test_the_table_of_stems_is_made_from_the_table_of_words() -> None:
    counted = count_stems()
    assert len(counted) > 10_000
    for stem, count in counted.items():
        assert frequencies().of(stem) == pytest.approx(count, rel=0.02), "run python -m processors.frequencies"


def test_usual_words_are_usual_and_unknown_ones_are_rare() -> None:
    known = frequencies()
    assert known.of(known.stem("مدينه")) > 100 * known.of(known.stem("زلزال")) / 10
    assert known.of("كلمهلاوجودلها") == 0
