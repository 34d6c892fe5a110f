"""Queries as Elasticsearch is asked them."""

import json
from typing import Any

import pytest

from indexers.elastic.querying import RANKED_FORMS, filtered, found_by, ranked_by
from indexers.query.ast import And, Or, Query, Spelling, TimeRange
from indexers.query.parse import parse
from tests.samples import CATALOGUE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("داعش", {"term": {"actors": "isis"}}),
        ("event:ASSAULT/aerial", {"term": {"event_types": "ASSAULT/aerial"}}),
        ('place:"دير الزور"', {"term": {"places": "دير الزور"}}),
        (
            "داعش -قسد",
            {"bool": {"filter": [{"term": {"actors": "isis"}}], "must_not": [{"term": {"actors": "sdf"}}]}},
        ),
    ],
)
def test_a_query_asks_for(text: str, expected: dict[str, Any]) -> None:
    assert filtered(parse(text, CATALOGUE)) == expected


def test_a_word_is_a_choice_of_terms_in_title_or_text_and_a_phrase_a_chain() -> None:
    word = Spelling(("غاره",), "nothing", "=غارة")
    assert filtered(word) == {
        "bool": {
            "should": [{"terms": {"title": ["غاره"]}}, {"terms": {"text": ["غاره"]}}],
            "minimum_should_match": 1,
        }
    }
    phrase = Spelling(("غاره", "جويه"), "nothing", "", in_title=True)
    chain = filtered(phrase)["intervals"]["title"]["all_of"]
    assert (chain["ordered"], chain["max_gaps"], len(chain["intervals"])) == (True, 0, 2)


def test_a_time_range_is_one_of_places() -> None:
    query = parse("داعش", CATALOGUE)
    assert found_by(query)["bool"]["filter"] == [filtered(query)]
    place = found_by(query, TimeRange(since=1_001, until=3_000))["bool"]["filter"][1]["range"]["place"]
    assert (place["gte"] >> 30, place["lt"] >> 30) == (2, 3)


def test_no_piece_of_a_query_is_deeper_than_elasticsearch_reads() -> None:
    query: Query = parse("داعش", CATALOGUE)
    for _ in range(40):
        query = Or((And((query, query), ()), query)) if _ < 3 else Or((And((query,), ()),))
    assert json.dumps(filtered(query)).count('"bool"') < 25


def test_only_so_many_forms_rank() -> None:
    words = [Spelling((f"كلمه{number}",), "forms", "") for number in range(300)]
    clauses = ranked_by(And(tuple(words), ()))
    forms = sum(len(clause["match"]["text"]["query"].split()) for clause in clauses if "text" in clause["match"])
    assert 0 < forms <= RANKED_FORMS


def test_what_is_excluded_and_what_is_known_beside_the_words_does_not_rank() -> None:
    assert ranked_by(parse("event:ASSAULT -غارة", CATALOGUE)) == []
