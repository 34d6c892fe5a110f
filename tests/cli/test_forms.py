"""`marsad rules forms`: what a person and a program are told of the terms of a query."""

import json

from marsad.arabic.clitics import forms
from tests.marsad_process import marsad


def test_a_person_sees_who_an_actor_is_and_what_depends_on_neighbours() -> None:
    shown = marsad("rules", "forms", "الدواعش").stdout
    for part in ("«daesh»", "Islamic State", "داعش", "الداعشيين", "ISIS", "not before للمعرض", "وبداعش"):
        assert part in shown
    assert "any of [words] given" in marsad("rules", "forms", "السيسي").stdout


def test_a_person_sees_the_forms_of_a_word_in_groups_as_typed() -> None:
    shown = marsad("rules", "forms", 'غارة OR تاب OR "غارة جوية" -=القاعدة').stdout
    for part in ("وللغارة", "وبغارة", "with the article", "not كتاب", "بغارة جوية", "this spelling alone"):
        assert part in shown
    assert "غاره،" not in shown


def test_a_program_gets_all_forms() -> None:
    said = json.loads(marsad("rules", "forms", "ترمب غارة", "--json").stdout)
    actor, word = said["terms"]
    assert actor["actor"]["id"] == "trump"
    aliases = {alias["written"]: alias for alias in actor["aliases"]}
    assert {"بترامب", "بترمب", "ولترمب"} <= set(aliases["ترامب"]["forms"])
    assert "ميلانيا" in aliases["ترامب"]["condition"]["unless_previous"]
    assert aliases["دونالد ترامب"]["condition"] is None
    assert set(word["forms"]) == forms("غاره")
    assert sum(len(group) for group in word["groups"].values()) == len(word["forms"])


def test_a_query_that_cannot_be_read_is_said_in_a_sentence() -> None:
    result = marsad("rules", "forms", "(داعش")
    assert result.returncode == 2
    assert "never closed" in result.stderr
