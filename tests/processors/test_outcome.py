"""What becomes of one message, without Faust: a record for the next topic or a dead letter, and an end to poison."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marsad.annotation import AnnotatedArticle
from marsad.article import Article
from marsad.codec import decode, encode
from marsad.errors import NewerSchemaError, PoisonLimitError
from marsad.message import DEAD_LETTER_SOURCE_LIMIT, DeadLetter, Message, Partition
from marsad.stage import POISON_LIMIT
from marsad.topics import ANNOTATED, ARTICLES, DEADLETTER
from processors.annotate import Annotator
from processors.local import AnnotateStage
from processors.outcome import Outcomes
from tests.processors.support import CATALOGUE, annotate, written
from tests.samples import NOW, annotated, article

ENOUGH = 1_000_000
GOOD = encode(written("قتلت قسد قياديا في داعش"))


class Breaking(Annotator):
    def __call__(self, article: Article) -> AnnotatedArticle:  # noqa: ARG002 - it never gets to it
        raise ZeroDivisionError("a bug")


def message(value: bytes, *, key: bytes = b"key", offset: int = 7) -> Message:
    return Message(Partition(ARTICLES.name, 2), offset, NOW, key, value)


def test_an_article_is_what_the_embedded_stage_makes_of_it() -> None:
    outcome = Outcomes(annotate, ENOUGH).of(message(GOOD))
    assert (outcome.topic, outcome.dead) == (ANNOTATED, False)
    assert outcome.record == AnnotateStage(annotate).prepare(message(GOOD))
    assert outcome == Outcomes(annotate, ENOUGH).of(message(GOOD, offset=8))


@pytest.mark.parametrize(
    ("annotator", "value", "limit", "reason"),
    [
        (annotate, b"{", ENOUGH, "not a value of type «article»: Input data was truncated"),
        (annotate, b"", ENOUGH, "not a value of type «article»: Input data was truncated"),
        (annotate, encode(annotated(article())), ENOUGH, "expected a value of type «article», found «annotated»"),
        (annotate, GOOD, len(GOOD), f"is over the limit of {len(GOOD)}"),
        (Breaking(CATALOGUE), GOOD, ENOUGH, "ZeroDivisionError: a bug"),
    ],
)
def test_what_cannot_be_annotated_is_a_dead_letter_under_its_key_with_origin_and_reason(
    annotator: Annotator, value: bytes, limit: int, reason: str
) -> None:
    outcome = Outcomes(annotator, limit).of(message(value))
    assert (outcome.topic, outcome.dead, outcome.record.key) == (DEADLETTER, True, b"key")
    letter = decode(outcome.record.value, DeadLetter)
    assert (letter.stage, letter.topic, letter.partition, letter.offset) == ("annotate", ARTICLES.name, 2, 7)
    assert reason in letter.reason
    assert letter.source == value


@given(st.binary(max_size=200))
def test_any_bytes_have_one_outcome_and_a_repeat_has_the_same(value: bytes) -> None:
    outcomes = Outcomes(annotate, ENOUGH)
    assert outcomes.of(message(value)) == outcomes.of(message(value))


def test_a_dead_letter_keeps_the_beginning_of_a_long_source() -> None:
    value = b"x" * (DEAD_LETTER_SOURCE_LIMIT + 1)
    letter = decode(Outcomes(annotate, ENOUGH).of(message(value)).record.value, DeadLetter)
    assert letter.source == value[:-1]


def test_poison_in_a_row_has_a_limit_and_one_good_article_begins_the_count_anew() -> None:
    outcomes = Outcomes(annotate, ENOUGH)
    for value in [b"{"] * POISON_LIMIT + [GOOD] + [b"{"] * POISON_LIMIT:
        outcomes.of(message(value))
    with pytest.raises(PoisonLimitError, match=f"{POISON_LIMIT + 1} messages in a row"):
        outcomes.of(message(b"{"))


def test_what_a_newer_marsad_wrote_is_no_poison() -> None:
    newer = GOOD.replace(b'"schema":1', b'"schema":99')
    with pytest.raises(NewerSchemaError):
        Outcomes(annotate, ENOUGH).of(message(newer))
