"""The generated analyzers, as far as they can be judged without a server."""

import re

import pytest

from indexers.elastic.analysis import analysis, front_patterns, letter_rules, spelling_rules
from marsad.arabic.clitics import forms
from marsad.arabic.letters import normal


def test_the_table_has_every_character_once_and_only_what_changes() -> None:
    characters = [rule.split(" => ")[0] for rule in letter_rules()]
    assert len(set(characters)) == len(characters) > 3_000


@pytest.mark.parametrize(
    "rule", ["أ => ا", "ة => ه", "ﻻ => لا", "٣ => 3", r"\u0640 => ", r"\u200f => ", "A => a", "𞤀 => 𞤢"]
)
def test_the_table_has(rule: str) -> None:
    assert rule in letter_rules()


def test_no_rule_has_a_blank_or_an_invisible_character_of_its_own() -> None:
    for rule in letter_rules():
        given, form = rule.split(" => ")
        assert given.startswith("\\u") or normal(given) == form, rule
        assert given == given.strip(), rule


def test_settings_name_nothing_that_they_do_not_define() -> None:
    made = analysis()
    for analyzer in made["analyzer"].values():
        assert analyzer["tokenizer"] in made["tokenizer"]
        assert set(analyzer["filter"]) <= made["filter"].keys()
        assert set(analyzer["char_filter"]) <= made["char_filter"].keys()


@pytest.mark.parametrize("word", ["داعش", "قسد", "القاعده", "بوكو", "دمشق"])
def test_every_written_form_is_found_under_the_word_with_or_without_its_article(word: str) -> None:
    bare = word.removeprefix("ال")
    for form in forms(word):
        captured = {
            part
            for pattern in front_patterns()
            for found in re.finditer(_python(pattern), form)
            for part in found.groups()
        }
        assert {word, bare} & (captured | {form}), form


def _python(pattern: str) -> str:
    return pattern.replace(r"\p{L}", r"[^\W\d_]")


def test_spellings_lead_to_one_that_leads_nowhere_else() -> None:
    rules = dict(rule.split(" => ") for rule in spelling_rules())
    assert rules["ترمب"] == "ترامب" or rules["ترامب"] == "ترمب"
    assert not rules.keys() & set(rules.values())
