"""Spellings of one word, and names written together or apart."""

import pytest

from marsad.arabic import spellings as module
from marsad.arabic.spellings import canonical, joinings, spellings


def test_no_word_has_spellings_of_twoclasses() -> None:
    for word, found in module.classes().items():
        assert word in found
        assert all(spellings(other) is found for other in found), word
        assert {canonical(other) for other in found} == {found[0]}


def test_a_word_without_others_is_its_own() -> None:
    assert spellings("داعش") == ("داعش",)
    assert canonical("داعش") == "داعش"


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("ابو بكر", {"ابو بكر", "ابي بكر", "ابا بكر", "ابوبكر", "ابيبكر", "ابابكر"}),
        ("عبد الله", {"عبد الله", "عبدالله"}),
        ("حسن نصر الله", {"حسن نصر الله", "حسن نصرالله"}),
        ("نصر كبير", {"نصر كبير"}),
        ("عبد", {"عبد"}),
    ],
)
def test_names_are_written_together_or_apart(name: str, others: set[str]) -> None:
    assert {" ".join(one) for one in joinings(name.split())} == others
