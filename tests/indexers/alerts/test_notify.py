"""From a story's article to an alert in the outbox, with repeats; and the receivers of this machine."""

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from indexers.alerts import state
from indexers.alerts.decide import HOUR_MS, Limits
from indexers.alerts.notify import NotifyStage
from indexers.alerts.receiver_settings import TerminalSettings
from indexers.alerts.receivers import JsonLinesReceiver, Sent, TerminalReceiver
from indexers.alerts.rules import Rule, RuleSet
from indexers.query.parse import parse
from marsad.alert import Alert
from marsad.annotation import StoryArticle
from marsad.codec import decode, encode
from marsad.message import Message, Partition
from marsad.metrics import Metrics
from marsad.statefile import StateFile
from marsad.topics import ALL, STORIES
from tests.samples import CATALOGUE, HOUR, NOW, alert, article, story_article


@pytest.fixture
def file(tmp_path: Path) -> Iterator[StateFile]:
    made = StateFile(tmp_path / "marsad.db", clock=lambda: NOW + 100)
    made.create_topics(topic.name for topic in ALL)
    made.install(state.SCHEMA)
    yield made
    made.close()


def rule_set(**queries: str) -> RuleSet:
    rules = {
        name: Rule(id=name, text=text, query=parse(text, CATALOGUE), receivers=("file",))
        for name, text in queries.items()
    }
    return RuleSet(rules, {"file": TerminalSettings()})


def notify(
    file: StateFile, articles: Sequence[StoryArticle], rules: RuleSet, *, since: int = NOW - HOUR
) -> list[Alert]:
    """Give articles to the stage; the alerts that it appends."""
    stage = NotifyStage(lambda: rules, Limits(24 * HOUR_MS, HOUR_MS), file.clock, Metrics(CollectorRegistry()))
    made: list[Alert] = []
    for number, one in enumerate(articles):
        item = stage.prepare(Message(Partition(STORIES.name, 0), number, 0, b"k", encode(one)))
        with file.transaction() as tx:
            state.register_rules(tx, rules.rules.values(), since)
            made += [decode(record.value, Alert) for _, record in stage.decide(tx, item)]
    return made


def test_an_article_that_meets_a_rule_makes_one_alert_with_its_reasons(file: StateFile) -> None:
    one = story_article(article("قتل ثلاثة في هجوم لداعش قرب المدينة", name="a"))
    (made,) = notify(file, [one], rule_set(daesh="داعش", qasad="قسد"))
    assert (made.rule, made.query, made.story, made.article) == ("daesh", "داعش", one.article.id, one.article.id)
    (reason,) = made.reasons
    assert one.article.content[reason.span.start : reason.span.end] == reason.surface == "داعش"
    assert reason.form == "داعش"
    assert "هجوم لداعش قرب" in reason.excerpt
    assert [found.receiver for found in made.notifications] == ["file"]
    assert state.outbox(file) == {"file": 1}


def test_a_story_is_told_once_by_each_rule(file: StateFile) -> None:
    first = story_article(article("داعش وقسد", name="a"))
    second = story_article(article("داعش وقسد أيضا", name="b"), story=first.article.id)
    made = notify(file, [first, second], rule_set(daesh="داعش", qasad="قسد"))
    assert [one.rule for one in made] == ["daesh", "qasad"]
    rows = file.rows("SELECT article, decision FROM decision WHERE rule = 'daesh' ORDER BY decision")
    assert [(row["article"], row["decision"]) for row in rows] == [
        (first.article.id, "alert"),
        (second.article.id, "told"),
    ]


def test_a_repeat_is_never_decided_again(file: StateFile) -> None:
    one = story_article(article("داعش", name="a"))
    rules = rule_set(daesh="داعش")
    assert len(notify(file, [one, one], rules)) == 1
    assert notify(file, [one], rules) == []
    assert state.outbox(file) == {"file": 1}


def test_a_rule_that_first_meets_an_edit_alerts_and_one_that_alerted_does_not_again(file: StateFile) -> None:
    first = story_article(article("هجوم في البادية", name="a"))
    edited = story_article(article("هجوم لداعش في البادية", name="a", version=NOW + 50, first_seen=NOW))
    again = story_article(article("هجوم جديد لداعش", name="a", version=NOW + 60, first_seen=NOW))
    made = notify(file, [first, edited, again], rule_set(daesh="داعش"))
    assert [one.version for one in made] == [NOW + 50]


def test_old_news_is_recorded_and_not_told(file: StateFile) -> None:
    old = story_article(article("داعش", name="a", age=30 * HOUR))
    assert notify(file, [old], rule_set(daesh="داعش")) == []
    assert [row["decision"] for row in file.rows("SELECT decision FROM decision")] == ["backlog"]
    fresh = story_article(article("داعش ثانية", name="b"), story=old.article.id)
    assert len(notify(file, [fresh], rule_set(daesh="داعش"))) == 1


def test_an_article_older_than_its_rule_is_not_told(file: StateFile) -> None:
    assert notify(file, [story_article(article("داعش", name="a"))], rule_set(daesh="داعش"), since=NOW + 1) == []


def test_the_file_receiver_writes_a_line_and_not_its_repeat(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "alerts.jsonl"
    assert JsonLinesReceiver(path).send(alert(), "n1") == Sent()
    assert JsonLinesReceiver(path).send(alert(), "n1") == Sent()
    assert JsonLinesReceiver(path).send(alert(), "n2") == Sent()
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line["id"] for line in lines] == ["n1", "n2"]
    assert lines[0]["reasons"][0] == {
        "term": "داعش",
        "surface": "داعش",
        "form": "لداعش",
        "span": [6, 10],
        "excerpt": "هجوم لداعش في البادية",
    }
    assert lines[0]["published"] == "2026-11-28T11:00:00.000Z"


@pytest.mark.parametrize("cut", [1, 10, 200])
def test_a_line_that_a_kill_cut_short_is_written_anew(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "alerts.jsonl"
    receiver = JsonLinesReceiver(path)
    receiver.send(alert(), "n1")
    receiver.send(alert(), "n2")
    path.write_bytes(path.read_bytes()[:-cut])
    receiver.send(alert(), "n2")
    assert [json.loads(line)["id"] for line in path.read_text(encoding="utf-8").splitlines()] == ["n1", "n2"]


def test_a_file_that_cannot_be_written_is_a_failure_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "alerts.jsonl").mkdir()
    assert "alerts.jsonl" in (JsonLinesReceiver(tmp_path / "alerts.jsonl").send(alert(), "n1").error or "")


def test_the_terminal_receiver_prints() -> None:
    out = io.StringIO()
    assert TerminalReceiver(lambda found: f"ALERT {found.rule}", out).send(alert(), "n1") == Sent()
    assert out.getvalue() == "ALERT daesh\n"
