"""A query taken apart on an article holds exactly when the live matcher says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexers.alerts.explain import Explained, explain
from indexers.query.live import Matcher
from indexers.query.parse import parse
from tests.samples import CATALOGUE, annotated, article

WORDS = ["داعش", "قسد", "غارة", "دمشق", '"غارة جوية"', "=هجوم"]


def terms(part: Explained) -> dict[str, bool]:
    if part.kind == "term":
        return {part.typed: part.holds}
    return {name: held for inner in part.parts for name, held in terms(inner).items()}


@pytest.mark.parametrize(
    ("query", "text", "holds", "expected"),
    [
        ("داعش", "هجوم لداعش", True, {"داعش": True}),
        ("داعش غارة", "هجوم لداعش", False, {"داعش": True, "غارة": False}),
        ("داعش OR غارة", "هجوم لداعش", True, {"داعش": True, "غارة": False}),
        ("هجوم -داعش", "هجوم لداعش", False, {"هجوم": True, "داعش": True}),
    ],
)
def test_each_term_is_said_to_be_there_or_missing(
    query: str, text: str, expected: dict[str, bool], *, holds: bool
) -> None:
    found = explain(parse(query, CATALOGUE), annotated(article(text)))
    assert (found.holds, terms(found)) == (holds, expected)


def test_a_term_says_where_it_stands_and_in_which_form() -> None:
    made = article("هجوم لداعش وغارة")
    found = explain(parse("غارة", CATALOGUE), annotated(made))
    (hit,) = found.hits
    assert (made.content[hit.span.start : hit.span.end], hit.form) == ("غارة", "وغاره"), "in normal spelling"


queries = st.recursive(
    st.sampled_from(WORDS),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} OR {pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} {pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} -({pair[1]}))"),
    ),
    max_leaves=6,
)


@given(queries, st.lists(st.sampled_from(["لداعش", "قسد", "غارة", "جوية", "بدمشق", "هجوم", "مطر"]), max_size=8))
def test_the_explanation_agrees_with_the_matcher(query: str, words: list[str]) -> None:
    parsed = parse(query, CATALOGUE)
    made = annotated(article(" ".join(words)))
    assert explain(parsed, made).holds == bool(Matcher({"q": parsed}).match(made))
