"""`marsad stories` as a person and a program use it."""

import json
from pathlib import Path

from indexers.sqlitestore import SqliteStore
from marsad.annotation import Membership, StoryArticle
from marsad.cli.show import why_joined
from marsad.codec import decode, encode
from marsad.message import Message, Partition
from marsad.messagelog.sqlite import SqliteLog
from marsad.statefile import StateFile
from marsad.topics import ALL, ANNOTATED, STORIES
from processors.group import GroupStage
from tests.marsad_process import marsad
from tests.processors.reports import LEAD, OTHER, REPORT
from tests.samples import HOUR, NOW, annotated, article


def documents(*texts: str) -> str:
    return "".join(
        json.dumps(
            {
                "id": str(number),
                "title": f"عنوان {number}",
                "text": text,
                "published": "2026-11-28T10:00:00Z",
                "outlet": "أ",
            }
        )
        + "\n"
        for number, text in enumerate(texts, 1)
    )


def filled(data: Path) -> Path:
    """A data directory with two stories, one of them with a copy."""
    data.mkdir()
    file = StateFile(data / "marsad.db", clock=lambda: NOW)
    file.create_topics(topic.name for topic in ALL)
    stage = GroupStage(file)
    for number, (text, title) in enumerate(((REPORT, "قافلة"), (OTHER, "مرفأ"), (LEAD + REPORT, "قافلة تدخل البلدة"))):
        made = annotated(article(text, title=title, name=str(number), version=NOW + number * HOUR))
        with file.transaction() as tx:
            item = stage.prepare(Message(Partition(ANNOTATED.name, 0), number, NOW, b"", encode(made)))
            for topic, record in stage.decide(tx, item):
                tx.append(topic.name, [record])
    decided = SqliteLog(file).read({Partition(STORIES.name, 0): 0}, 10, 0)
    store = SqliteStore(data / "search.db")
    store.index([decode(message.value, StoryArticle) for message in decided], {Partition(STORIES.name, 0): 3})
    store.close()
    file.close()
    return data


def test_documents_are_grouped_in_order_of_arrival() -> None:
    result = marsad("stories", "--jsonl", text=documents(REPORT, OTHER, LEAD + REPORT))
    assert result.returncode == 0, result.stderr
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"id": "1", "story": "1"},
        {"id": "2", "story": "2"},
        {"id": "3", "story": "1"},
    ]


def test_a_document_that_comes_twice_is_answered_twice(tmp_path: Path) -> None:
    path = tmp_path / "documents.jsonl"
    path.write_text(documents(REPORT), encoding="utf-8")
    found = [json.loads(line) for line in marsad("stories", "--jsonl", path, path).stdout.splitlines()]
    assert found == [{"id": "1", "story": "1"}] * 2


def test_the_latest_stories_are_shown_with_the_reason(tmp_path: Path) -> None:
    result = marsad("stories", "--data", filled(tmp_path / "data"))
    assert result.returncode == 0, result.stderr
    assert "2 articles, 1 outlet" in result.stdout
    assert "a copy, 100 % the same word sequences" in result.stdout
    assert result.stdout.index("قافلة تدخل البلدة") < result.stdout.index("مرفأ")


def test_programs_get_a_story_a_line(tmp_path: Path) -> None:
    result = marsad("stories", "--data", filled(tmp_path / "data"), "--json", "--limit", "1")
    [story] = [json.loads(line) for line in result.stdout.splitlines()]
    assert (story["articles"], story["outlets"], story["title"]) == (2, ["وكالة المثال"], "قافلة")
    assert [(member["relation"], member["how"]) for member in story["members"]] == [("new", None), ("joined", "copy")]


def test_where_there_is_none_the_exit_code_is_1_and_without_data_2(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    StateFile(data / "marsad.db").close()
    SqliteStore(data / "search.db").close()
    assert marsad("stories", "--data", data).returncode == 1
    assert marsad("stories", "--data", tmp_path / "none").returncode == 2


def test_every_way_of_joining_is_said_in_words() -> None:
    joined = Membership(
        story="s", relation="joined", how="likeness", nearest="n", similarity=0.934, shared=("قافله", "دواء")
    )
    assert why_joined(joined) == "93 % likely the same happening, by قافله، دواء"
    assert (
        why_joined(Membership(story="s", relation="joined", how="repeat", similarity=1.0)) == "word for word the same"
    )
