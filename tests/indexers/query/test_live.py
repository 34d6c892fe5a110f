"""Where an article meets a query, and what a match says."""

import pytest

from indexers.query.live import Matcher
from indexers.query.parse import parse
from marsad.annotation import AnnotatedArticle, Entity, Event, Span
from tests.samples import CATALOGUE, annotated, article


def surfaces(query: str, text: str, title: str = "خبر") -> list[str] | None:
    made = annotated(article(text, title=title))
    hits = Matcher({"query": parse(query, CATALOGUE)}).match(made).get("query")
    return None if hits is None else [made.article.content[hit.span.start : hit.span.end] for hit in hits]


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("داعش", "هجوم لداعش وبـ«داعش»", ["داعش", "داعش"]),
        ("داعش", "خلية للدواعش", ["لدواعش"]),
        ("داعش", "يدشن عشر مدارس", None),
        ("غارة", "بغارة وللغارة والغارة", ["غارة", "لغارة", "الغارة"]),
        ("القاعدة", "انسحب للقاعدة القاعدة", ["لقاعدة", "القاعدة"]),
        ("القاعدة", "قاعدة", None),
        ('"غارة جوية"', "في غارة   جوية، ثم غارة أرضية", ["غارة   جوية"]),
        ("=قسد", "بقسد", None),
        ("قسد دمشق", "قسد في دمشق ثم دمشق", ["قسد", "دمشق", "دمشق"]),
        ("قسد -دمشق", "قسد في الحسكة", ["قسد"]),
        ("قسد -دمشق", "قسد في دمشق", None),
        ("حماس", "حماس كبير في الملعب", None),
        ("forms:حماس", "بحماس كبير في الملعب", ["حماس"]),
        ("2024", "عام ٢٠٢٤", ["٢٠٢٤"]),
        ('"غارة جوية عنيفة"', "غارة جوية، غارة جوية.عنيفة", ["غارة جوية.عنيفة"]),
        ('"غارة جوية" -"جوية غارة"', "بغارة جوية", ["غارة جوية"]),
        ("title:خبر", "خبر", ["خبر"]),
        ("title:نص", "نص", None),
        ('title:"خبر نص"', "خبر نص", None),
        ("source:المثال", "نص", []),
        ("source:المثال نص", "نص", ["نص"]),
        ("source:غيره", "نص", None),
    ],
)
def test_the_places_that_meet_a_query(query: str, text: str, expected: list[str] | None) -> None:
    assert surfaces(query, text) == expected


def test_spans_count_in_title_line_end_text() -> None:
    assert surfaces("غارة", "قرب غارة", title="غارة") == ["غارة", "غارة"]
    assert surfaces('"غارة جوية"', "جوية", title="غارة") is None


def test_many_queries_are_answered_at_once_and_only_those_that_hold() -> None:
    queries = {name: parse(name, CATALOGUE) for name in ("داعش", "قسد", "داعش OR قسد", "داعش قسد", "قسد -داعش", "دمشق")}
    matched = Matcher(queries).match(annotated(article("قسد في الحسكة")))
    assert list(matched) == ["قسد", "داعش OR قسد", "قسد -داعش"]


def test_the_form_says_how_it_was_written() -> None:
    hits = Matcher({"q": parse("غارة", CATALOGUE)}).match(annotated(article("وبِالغــارة")))["q"]
    assert [hit.form for hit in hits] == ["وبالغاره"]


def test_no_queries_meet_nothing() -> None:
    assert Matcher({}).match(annotated(article("داعش"))) == {}


def test_an_event_is_shown_by_its_anchor_and_a_place_by_its_mentions() -> None:
    place = Entity(id="e1", type="LOC", kind="place", name="تدمر", mentions=(Span(10, 14),))
    event = Event(type="ASSAULT", mode="aerial", anchor=Span(4, 8), actors=(), recipients=(), place="e1")
    made = AnnotatedArticle(
        article=article("غارة لتدمر", title="خبر"), catalogue="", entities=(place,), events=(event,)
    )
    hits = Matcher({"q": parse("event:ASSAULT/aerial place:تدمر", CATALOGUE)}).match(made)["q"]
    assert [(hit.span, hit.form, hit.term.typed) for hit in hits] == [
        (Span(4, 8), "غاره", "event:ASSAULT/aerial"),
        (Span(10, 14), "تدمر", "place:تدمر"),
    ]
