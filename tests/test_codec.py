"""Values to bytes and back, and what is refused."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marsad.annotation import AnnotatedArticle, StoryArticle
from marsad.article import Article
from marsad.codec import SCHEMAS, decode, encode
from marsad.errors import ItemError, NewerSchemaError, OperatorError, UndecodableError
from marsad.feed import FeedHealth
from marsad.message import DEAD_LETTER_SOURCE_LIMIT, Message, Partition, dead_letter
from marsad.topics import ALL
from tests.samples import alert, annotated, article, event, story_article

MESSAGE = Message(Partition("marsad.articles", 2), 7, 1, b"key", b"\xff\x00 not UTF-8")
VALUES: list[msgspec.Struct] = [
    article("قتل ثلاثة من داعش", title="خبر"),
    msgspec.structs.replace(article(), published=None, truncated=True, initial=True),
    annotated(article("هجوم لداعش على قسد")),
    msgspec.structs.replace(annotated(article("هجوم لداعش")), events=(event(),)),
    story_article(article("هجوم لداعش"), story="x"),
    alert(),
    FeedHealth(
        feed_id="f", feed_url="http://127.0.0.1", title="ن", state="failing", since=1, failures=2, error="HTTP 500"
    ),
    dead_letter("annotate", MESSAGE, "not an article"),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_every_value_comes_back_equal_and_has_one_form(value: msgspec.Struct) -> None:
    data = encode(value)
    assert decode(data, type(value)) == value
    assert encode(decode(data, type(value))) == data


def test_every_kind_that_travels_has_a_topic_and_a_schema() -> None:
    assert {topic.payload for topic in ALL} == set(SCHEMAS)
    assert {type(value) for value in VALUES} == set(SCHEMAS)
    assert len({name for name, _ in SCHEMAS.values()}) == len(SCHEMAS)


@given(st.text(), st.text(), st.integers(0, 2**53), st.booleans())
def test_any_text_survives(title: str, text: str, version: int, initial: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    made = msgspec.structs.replace(article(), title=title, text=text, version=version, initial=initial)
    assert decode(encode(made), Article) == made


def test_a_newer_schema_is_refused_with_what_to_do() -> None:
    data = encode(article()).replace(b'"schema":1', b'"schema":2')
    with pytest.raises(NewerSchemaError, match=r"«article» has schema 2, and this marsad reads up to 1.*upgrade"):
        decode(data, Article)


def test_a_newer_schema_stops_the_process_and_bad_bytes_only_the_item() -> None:
    assert issubclass(NewerSchemaError, OperatorError)
    assert issubclass(UndecodableError, ItemError)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"{}",
        b'{"type":"article","schema":1}',
        b'{"type":"article","schema":1,"value":{}}',
        b'{"type":"article","schema":1,"value":{"id":7}}',
        encode(annotated(article())),
        encode(article())[:-10],
        encode(article()).replace(b'"month"', b'"moon"'),
        encode(article()).replace(b"+00:00", b"").replace(b'Z"', b'"'),
    ],
)
def test_anything_else_is_undecodable(data: bytes) -> None:
    with pytest.raises(UndecodableError, match="article"):
        decode(data, Article)


@given(st.binary())
def test_random_bytes_are_undecodable_and_nothing_worse(data: bytes) -> None:
    for kind in (Article, AnnotatedArticle, StoryArticle):
        with pytest.raises(UndecodableError):
            decode(data, kind)


def test_a_dead_letter_keeps_origin_reason_and_the_beginning_of_its_source() -> None:
    letter = dead_letter("annotate", MESSAGE._replace(value=b"x" * 100_000), "too bad")
    assert (letter.topic, letter.partition, letter.offset, letter.reason) == ("marsad.articles", 2, 7, "too bad")
    assert letter.source == b"x" * DEAD_LETTER_SOURCE_LIMIT
