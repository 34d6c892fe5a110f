"""Grouping over a real state file: once decided, edits, repeats, restarts, the window, and what is forgotten."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

import processors.likeness
from marsad.annotation import StoryArticle
from marsad.article import Article
from marsad.codec import decode, encode
from marsad.errors import UndecodableError
from marsad.message import Message, Partition
from marsad.messagelog.sqlite import SqliteLog
from marsad.statefile import StateFile
from marsad.topics import ALL, ANNOTATED, STORIES
from processors.group import GroupStage, StorySize, latest_stories, newest_members
from processors.stories import ARTICLE_KEPT_MS, REPEAT_MS, WINDOW_MS, WINDOWS_KEPT, story_data
from processors.storystream import StoryStream
from tests.processors.reports import BOILERPLATE, LEAD, OTHER, REPORT
from tests.samples import HOUR, NOW, annotated, article


def opened(path: Path) -> StateFile:
    file = StateFile(path, clock=lambda: NOW)
    file.create_topics(topic.name for topic in ALL)
    return file


@pytest.fixture
def file(tmp_path: Path) -> Iterator[StateFile]:
    made = opened(tmp_path / "marsad.db")
    yield made
    made.close()


def message(made: Article, offset: int = 0) -> Message:
    return Message(Partition(ANNOTATED.name, 0), offset, NOW, made.id.encode(), encode(annotated(made)))


def group(file: StateFile, *articles: Article) -> None:
    """What the loop of a stage does with each message, one transaction each."""
    stage = GroupStage(file)
    for made in articles:
        item = stage.prepare(message(made))
        with file.transaction() as tx:
            for topic, record in stage.decide(tx, item):
                tx.append(topic.name, [record])


def stories(file: StateFile) -> list[StoryArticle]:
    found = SqliteLog(file).read({Partition(STORIES.name, 0): 0}, 1000, 0)
    assert all(it.key.decode() == decode(it.value, StoryArticle).article.id for it in found)
    return [decode(it.value, StoryArticle) for it in found]


def relations(file: StateFile) -> list[str]:
    return [it.membership.relation for it in stories(file)]


def test_copies_join_the_story_of_the_first_and_say_why(file: StateFile) -> None:
    first, other, copy = article(REPORT, name="a"), article(OTHER, name="b"), article(LEAD + REPORT, name="c")
    group(file, first, other, copy)
    assert relations(file) == ["new", "new", "joined"]
    joined = stories(file)[2].membership
    assert (joined.story, joined.nearest, joined.how) == (first.id, first.id, "copy")
    assert joined.similarity is not None
    assert joined.similarity > 0.9


def test_a_repeat_passes_with_what_was_decided_and_an_older_version_does_not(file: StateFile) -> None:
    made = article(REPORT, name="a", version=NOW)
    group(file, made)
    before = file.rows("SELECT * FROM story_article"), file.rows("SELECT * FROM story_bearer")
    group(file, made, article(OTHER, name="a", version=NOW - 1))
    first, again = SqliteLog(file).read({Partition(STORIES.name, 0): 0}, 10, 0)
    assert first.value == again.value
    after = file.rows("SELECT * FROM story_article"), file.rows("SELECT * FROM story_bearer")
    assert [list(map(tuple, rows)) for rows in after] == [list(map(tuple, rows)) for rows in before]


def test_an_edit_stays_in_its_story_and_is_found_by_its_new_text(file: StateFile) -> None:
    group(
        file,
        article(REPORT, name="a", version=NOW),
        article(OTHER, name="a", version=NOW + 1, first_seen=NOW),
        article(OTHER + BOILERPLATE, name="b"),
        article(REPORT, name="c"),
    )
    assert relations(file) == ["new", "edit", "joined", "new"]
    assert stories(file)[2].membership.story == stories(file)[0].article.id


def test_the_window_is_by_the_articles_own_time(file: StateFile) -> None:
    group(
        file,
        article(REPORT, name="a", age=WINDOW_MS + 2 * HOUR),
        article(LEAD + REPORT, name="b"),
        article(BOILERPLATE + REPORT, name="c", age=HOUR),
    )
    assert relations(file) == ["new", "new", "joined"]
    assert stories(file)[2].membership.story == stories(file)[1].article.id


def test_an_article_printed_again_word_for_word_joins_beyond_the_window_and_brings_no_others(file: StateFile) -> None:
    again = NOW + WINDOW_MS + HOUR
    group(
        file,
        article(REPORT, name="a"),
        article(REPORT, name="again", version=again),
        article(LEAD + REPORT, name="copy", version=again),
        article(REPORT, name="late", version=again + REPEAT_MS + 1),
    )
    assert [it.membership.story for it in stories(file)] == [
        article(name=name).id for name in ("a", "a", "copy", "late")
    ]
    assert stories(file)[1].membership.how == "repeat"


def test_the_latest_stories_are_listed_with_their_last_articles(file: StateFile) -> None:
    group(
        file,
        article(REPORT, name="a"),
        article(OTHER, name="b", version=NOW + 1),
        article(LEAD + REPORT, name="c", version=NOW + 2),
    )
    first = article(name="a").id
    assert latest_stories(file, 5) == [
        StorySize(first, 2, NOW, NOW + 2),
        StorySize(article(name="b").id, 1, NOW + 1, NOW + 1),
    ]
    assert latest_stories(file, 1) == latest_stories(file, 5)[:1]
    assert newest_members(file, first, 5) == [first, article(name="c").id]
    assert newest_members(file, first, 1) == [article(name="c").id]


def test_a_restart_in_between_equals_no_restart(tmp_path: Path) -> None:
    texts = [REPORT, OTHER, LEAD + REPORT, REPORT + BOILERPLATE, OTHER[: len(OTHER) // 2], "عاجل", "عاجل"]
    articles = [article(text, name=str(number), version=NOW + number) for number, text in enumerate(texts)]
    whole = opened(tmp_path / "whole.db")
    group(whole, *articles)
    for made in articles:
        parts = opened(tmp_path / "parts.db")
        group(parts, made)
        parts.close()
    parts = opened(tmp_path / "parts.db")
    assert stories(parts) == stories(whole)
    whole.close()
    parts.close()


def test_the_stage_and_the_stream_in_memory_decide_alike(file: StateFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processors.likeness, "FITTED", 0)  # so that these short texts join by likeness too
    chance = random.Random(7)
    sentences = [f"{part}." for part in (REPORT + OTHER).split(".")]
    step = ARTICLE_KEPT_MS // 60  # so that sketches and articles are forgotten on the way
    articles = [
        article(
            " ".join(chance.sample(sentences, 3)) if number % 7 else REPORT,
            name=str(chance.randrange(60)),
            version=NOW + number // 6 * step + number,  # a version that is known passes the stage again
            first_seen=NOW + number // 6 * step,
            age=chance.randrange(2 * WINDOW_MS),
        )
        for number in range(500)
    ]
    group(file, *articles)
    stream = StoryStream()
    expected = [membership for made in articles if (membership := stream.add(story_data(annotated(made)))) is not None]
    assert [it.membership for it in stories(file)] == expected
    assert {(it.relation, it.how) for it in expected} == {
        ("new", None), ("edit", None), ("joined", "copy"), ("joined", "repeat"), ("joined", "likeness"),
    }  # fmt: skip
    assert {row["word"] for row in file.rows("SELECT word FROM story_word WHERE articles <= 0")} == set()


def test_sketches_and_then_articles_are_forgotten_in_slices(file: StateFile) -> None:
    group(file, article(REPORT, name="a"), article(OTHER, name="b"))
    late = NOW + WINDOWS_KEPT * WINDOW_MS + 1
    group(file, article("نص قصير", name="c", version=late))
    assert [row["sketch"] is None for row in file.rows("SELECT sketch FROM story_article ORDER BY number")] == [
        True,
        True,
        False,
    ]
    kept = file.rows("SELECT DISTINCT article FROM story_bearer")
    assert [row[0] for row in kept] == [
        row[0] for row in file.rows("SELECT number FROM story_article WHERE version = ?", (late,))
    ]
    group(file, article(OTHER, name="b", version=late, first_seen=NOW))
    assert relations(file)[-1] == "edit"
    group(file, article("آخر", name="d", version=NOW + ARTICLE_KEPT_MS + 1))
    assert len(file.rows("SELECT * FROM story_article WHERE version = ?", (NOW,))) == 0


def test_decisions_are_taken_over_from_the_topic_of_stories(file: StateFile, tmp_path: Path) -> None:
    group(file, article(REPORT, name="a"), article(LEAD + REPORT, name="b"))
    lost = opened(tmp_path / "new.db")
    stage = GroupStage(lost)
    with lost.transaction() as tx:
        for number, it in enumerate(stories(file)):
            stage.restore(tx, Message(Partition(STORIES.name, 0), number, NOW, b"", encode(it)))
    group(lost, article(REPORT, name="a"), article(REPORT + BOILERPLATE, name="c"))
    assert [(it.membership.story, it.membership.relation) for it in stories(lost)] == [
        (article(name="a").id, "new"),
        (article(name="a").id, "joined"),
    ]
    lost.close()


def test_a_message_that_is_no_article_is_given_up(file: StateFile) -> None:
    with pytest.raises(UndecodableError):
        GroupStage(file).prepare(Message(Partition(ANNOTATED.name, 0), 0, NOW, b"k", b"{}"))
