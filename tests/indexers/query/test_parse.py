"""What queries mean, and what is said of those that mean nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexers.query.ast import ActorTerm, And, Or, Query, Spelling
from indexers.query.parse import QueryError, parse
from tests.samples import CATALOGUE

ISIS = ActorTerm("isis", "داعش")
SDF = ActorTerm("sdf", "قسد")


def word(text: str, typed: str = "") -> Spelling:
    return Spelling((text,), "forms", typed or text)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("داعش", ISIS),
        ("  داعش ", ISIS),
        ("داعِش", ActorTerm("isis", "داعِش")),
        ("غارة", word("غاره", "غارة")),
        ("داعش قسد", And((ISIS, SDF), ())),
        ("داعش OR قسد", Or((ISIS, SDF))),
        ("داعش | قسد", Or((ISIS, SDF))),
        ("داعش أو قسد", Or((ISIS, SDF))),
        ("داعش -قسد", And((ISIS,), (SDF,))),
        ("داعش NOT قسد", And((ISIS,), (SDF,))),
        ("(داعش OR قسد) دمشق", And((Or((ISIS, SDF)), word("دمشق")), ())),
        ("داعش -(قسد OR دمشق)", And((ISIS,), (Or((SDF, word("دمشق"))),))),
        ("الجيش الحر", ActorTerm("free-army", "الجيش الحر")),
        ("الجيش السوري الحر يهاجم", And((ActorTerm("free-army", "الجيش السوري الحر"), word("يهاجم")), ())),
        ("الجيش يهاجم", And((word("الجيش"), word("يهاجم")), ())),
        ('"غارة جوية"', Spelling(("غاره", "جويه"), "proclitics", '"غارة جوية"')),
        ("«غارة جوية»", Spelling(("غاره", "جويه"), "proclitics", '"غارة جوية"')),
        ('"داعش"', Spelling(("داعش",), "proclitics", '"داعش"')),
        ("=داعش", Spelling(("داعش",), "nothing", "=داعش")),
        ("forms:حماس", Spelling(("حماس",), "forms", "forms:حماس")),
        ("F16", Spelling(("f", "16"), "proclitics", "F16")),
        ("كوفيد-19", Spelling(("كوفيد", "19"), "proclitics", "كوفيد-19")),
        ("ISIS -ORANGE", And((word("isis", "ISIS"),), (word("orange", "ORANGE"),))),
    ],
)
def test_a_query_says(text: str, query: Query) -> None:
    assert parse(text, CATALOGUE) == query


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "need at least one word"),
        ("   ", "need at least one word"),
        ("-داعش", "what only excludes would match everything else"),
        ("داعش OR", "need at least one word"),
        ("OR داعش", "need at least one word"),
        ("داعش OR -قسد", "need at least one word"),
        ("(داعش", "at character 1 is never closed"),
        ("داعش)", "at character 5 closes nothing"),
        ("()", "need at least one word"),
        ('"غارة', "from character 1 on"),
        ('""', "has no letters or digits"),
        ("«»", "has no letters or digits"),
        ("...", "has no letters or digits"),
        ("داعش NOT", "a NOT needs something behind it"),
        ("(" * 25 + "داعش" + ")" * 25, "deeper than 20"),
        ("داعش " * 500, "2500 characters"),
    ],
)
def test_a_query_that_means_nothing_is_refused(text: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        parse(text, CATALOGUE)


@given(st.text(alphabet='داعشقسد "«»()|-=OR:. formsNOT', max_size=40))
def test_any_text_is_a_query_or_an_error_of_ours(text: str) -> None:
    try:
        parse(text, CATALOGUE)
    except QueryError as error:
        assert str(error)  # noqa: PT017 - either outcome is right
