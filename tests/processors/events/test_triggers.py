"""The tables of triggers: what a line of them makes, and that every line keeps to PLOVER."""

from typing import get_args

import pytest

from marsad.annotation import EventType
from processors.events.lexicon import DEFAULTS, MODES
from processors.events.triggers import TRIGGERS, Construction

MODES_OF = {
    "ASSAULT": "abduct beat torture sexual targeted destroy primitive firearms explosives suicide-attack aerial drone "
    "heavy-weapons crowd-control unconventional",
    "COERCE": "seize restrict censor curfew martial-law arrest deport withhold misinformation cyber",
    "PROTEST": "demo riot strike hunger boycott obstruct",
    "MOBILIZE": "troops weapons police militia",
    "RETREAT": "withdraw release return disarm ceasefire access resign",
    "CONSULT": "visit third-party multilateral phone",
    "REQUEST": "assist change yield meet",
    "ACCUSE": "disapprove investigate allege",
    "REJECT": "assist change yield meet",
    "THREATEN": "restrict ban arrest relations expel territory violence",
    "SANCTION": "convict expel withdraw discontinue",
}
CODES = "CVL MIL COP GOV REB UAF OPP PTY JUD MED REL EDU BUS LAB REF PRO NGO IGO CRM LEG IMM UNK".split()
WORDS = [word for entries in TRIGGERS.values() for word in entries]


def test_every_type_has_words() -> None:
    assert {word.type for word in WORDS} == set(get_args(EventType))


def test_every_word_keeps_to_plover() -> None:
    for word in WORDS:
        assert word.construction in get_args(Construction)
        assert word.mode is None or word.mode in MODES_OF.get(word.type, "").split(), word
    for cues in MODES.values():
        assert all(cue.mode in MODES_OF[cue.type].split() for cue in cues)


def test_what_stands_for_the_unnamed_is_a_sector() -> None:
    for parties in DEFAULTS.values():
        assert all(party == "-" or party[1:] in CODES for party in parties)


@pytest.mark.parametrize(
    ("form", "future", "pronoun"),
    [
        ("هاجم", False, False),
        ("هاجمت", False, False),
        ("هاجموا", False, False),
        ("يهاجمون", False, False),
        ("سيهاجم", True, False),
        ("ستهاجم", True, False),
        ("هاجمته", False, True),
        ("يهاجمهم", False, True),
        ("انسحبتا", False, False),
        ("يلتقون", False, False),
    ],
)
def test_a_verb_is_made_by_rule(form: str, future: bool, pronoun: bool) -> None:  # noqa: FBT001 - a table
    word = TRIGGERS[form][0]
    assert (word.future, word.pronoun) == (future, pronoun)


@pytest.mark.parametrize("form", ["رفضا", "فجرا", "طلبا"])
def test_three_letters_with_alef_are_no_dual(form: str) -> None:
    assert form not in TRIGGERS
