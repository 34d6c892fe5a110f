"""What queries mean, and what is said of those that mean nothing."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexers.query.ast import ActorTerm, And, Marked, Or, Query, Spelling, TimeRange
from indexers.query.parse import QueryError, parse, parse_search
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
        ("داعش –قسد", And((ISIS,), (SDF,))),
        ("دمشق -الجيش الحر", And((word("دمشق"),), (ActorTerm("free-army", "الجيش الحر"),))),
        ("دمشق NOT الجيش يهاجم", And((word("دمشق"), word("يهاجم")), (word("الجيش"),))),
        ("داعش AND قسد", And((ISIS, SDF), ())),
        ("داعش AND NOT قسد", And((ISIS,), (SDF,))),
        ("(داعش OR قسد) AND دمشق", And((Or((ISIS, SDF)), word("دمشق")), ())),
        ("الجيش AND الحر", And((word("الجيش"), word("الحر")), ())),
        ("“غارة جوية”", Spelling(("غاره", "جويه"), "proclitics", '"غارة جوية"')),
        ('"or"', Spelling(("or",), "proclitics", '"or"')),
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
        ("actor:isis", ActorTerm("isis", "actor:isis")),
        ('actor:"الجيش الحر"', ActorTerm("free-army", 'actor:"الجيش الحر"')),
        ('actor:"islamic state"', ActorTerm("isis", 'actor:"islamic state"')),
        ("event:assault", Marked("event", "ASSAULT", "event:assault")),
        ("حدث:ASSAULT/aerial", Marked("event", "ASSAULT/aerial", "حدث:ASSAULT/aerial")),
        ("place:«دير الزور»", Marked("place", "دير الزور", 'place:"دير الزور"')),
        (
            "source:المثال",
            Or((Marked("source", "المثال", "source:المثال"), Marked("feed", "المثال", "source:المثال"))),
        ),
        ("title:غارة", Spelling(("غاره",), "forms", "title:غارة", in_title=True)),
        ('title:"غارة"', Spelling(("غاره",), "proclitics", 'title:"غارة"', in_title=True)),
        ("داعش -title:غارة", And((ISIS,), (Spelling(("غاره",), "forms", "title:غارة", in_title=True),))),
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
        ("داعش AND", "an AND needs something on each side"),
        ("AND داعش", "an AND needs something on each side"),
        ("داعش AND OR قسد", "an AND needs something on each side"),
        ("داعش or قسد", "«or» is written OR"),
        ("داعش not قسد", "«not» is written NOT"),
        ("(" * 25 + "داعش" + ")" * 25, "deeper than 20"),
        ("داعش " * 500, "2500 characters"),
        ("actor:داعس", "there is no actor «داعس» in the catalogue, by id or by name; did you mean isis"),
        ("actor:zzzz", "an id is, for example, isis"),
        ("event:WAR", "there is no type of event «WAR»; there are: AGREE, CONSULT"),
        ("event:ASSAULT/laser", "ASSAULT has no mode «laser»; there are: abduct, beat"),
        ("event:AID/food", "AID has no mode «food»; it has none"),
        ("place:...", "has no letters or digits"),
        (
            "sorce:الجزيرة",
            "there is no field «sorce»; there are: actor:, event:, place:, source:, title:, since:, until:",
        ),
        ("قال:نعم", 'To look for the words themselves put them in quotation marks: "قال:نعم"'),
        ("داعش actor:", "actor: needs a value right behind it"),
        ("source:(a OR b)", "source: needs a value right behind it"),
        ("داعش since:24h", "since: is for searches; a rule meets articles as they come"),
    ],
)
def test_a_query_that_means_nothing_is_refused(text: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        parse(text, CATALOGUE)


@given(st.text(alphabet='داعشقسد "«»()|-=OR:. formsNOTAND–“”', max_size=40))
def test_any_text_is_a_query_or_an_error_of_ours(text: str) -> None:
    try:
        parse(text, CATALOGUE)
    except QueryError as error:
        assert str(error)  # noqa: PT017 - either outcome is right


NOON = datetime(2026, 11, 28, 12, tzinfo=timezone(timedelta(hours=3)))


def ms(*when: int) -> int:
    """A time in UTC."""
    return int(datetime(*when, tzinfo=UTC).timestamp() * 1000)  # type: ignore[misc,arg-type] # a date in pieces


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("داعش", TimeRange()),
        ("داعش since:24h", TimeRange(since=ms(2026, 11, 27, 9))),
        ("since:٧d داعش", TimeRange(since=ms(2026, 11, 21, 9))),
        ("داعش منذ:2w", TimeRange(since=ms(2026, 11, 14, 9))),
        ("داعش since:2026-11-01", TimeRange(since=ms(2026, 10, 31, 21))),
        ("داعش until:2026-11-01", TimeRange(until=ms(2026, 11, 1, 21))),
        ("داعش until:2026-11-01T10:00", TimeRange(until=ms(2026, 11, 1, 7))),
        ("داعش until:2026-11-01T10:00Z", TimeRange(until=ms(2026, 11, 1, 10))),
        ("داعش since:7d since:24h until:1h", TimeRange(since=ms(2026, 11, 27, 9), until=ms(2026, 11, 28, 8))),
    ],
)
def test_a_search_is_restricted_to_times(text: str, times: TimeRange) -> None:
    assert parse_search(text, CATALOGUE, NOON) == (ISIS, times)


def test_times_hold_for_the_whole_query() -> None:
    search = parse_search("داعش since:1h OR قسد", CATALOGUE, NOON)
    assert search.query == Or((ISIS, SDF))
    assert search.times.since == ms(2026, 11, 28, 8)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("since:24h", "need at least one word"),
        ("داعش since:yesterday", "«yesterday» is no time; write a day"),
        ("داعش since:2026-13-01", "«2026-13-01» is no time"),
        ("داعش -since:24h", "it stands outside parentheses and NOT"),
        ("(داعش since:24h)", "it stands outside parentheses and NOT"),
        ("داعش since:1h until:2h", "until: ends before since: begins"),
        ("داعش since: 24h", "since: needs a value right behind it"),
    ],
)
def test_times_that_mean_nothing_are_refused(text: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        parse_search(text, CATALOGUE, NOON)
