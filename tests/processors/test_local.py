"""The annotating stage of the embedded mode."""

from pathlib import Path

import pytest

from marsad.annotation import AnnotatedArticle
from marsad.codec import decode, encode
from marsad.errors import UndecodableError
from marsad.message import Message, Partition
from marsad.statefile import StateFile
from marsad.topics import ANNOTATED, ARTICLES
from processors.local import AnnotateStage
from tests.processors.support import annotate, told, written
from tests.samples import NOW


def message(value: bytes) -> Message:
    return Message(Partition(ARTICLES.name, 0), 0, NOW, b"key", value)


def test_an_article_comes_out_annotated_under_its_id_and_equally_each_time(tmp_path: Path) -> None:
    made = written("قتلت قسد قياديا في داعش")
    stage = AnnotateStage(annotate)
    file = StateFile(tmp_path / "marsad.db")
    with file.transaction() as tx:
        ((topic, record),) = stage.decide(tx, stage.prepare(message(encode(made))))
    file.close()
    assert topic is ANNOTATED
    assert record.key == made.id.encode()
    annotated = decode(record.value, AnnotatedArticle)
    assert annotated.article == made
    assert told(annotated) == ["قتلت: sdf > daesh"]
    assert stage.prepare(message(encode(made))) == record


def test_a_message_that_is_no_article_is_given_up() -> None:
    with pytest.raises(UndecodableError):
        AnnotateStage(annotate).prepare(message(b"not an article"))
