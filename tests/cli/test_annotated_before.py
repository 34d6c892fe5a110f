"""An actor that is added to the catalogue: what a search says of older articles, and that a replay mends it."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import msgspec
import pytest

from indexers.query.parse import parse
from indexers.sqlitestore import SqliteStore
from marsad.catalogue import Catalogue
from marsad.cli.annotated_before import advice_on
from marsad.cli.status import gather
from marsad.clock import iso
from marsad.codec import encode
from marsad.message import Record
from marsad.messagelog.sqlite import SqliteLog
from marsad.settings import Settings
from marsad.statefile import StateFile
from marsad.topics import ALL, ANNOTATED, ARTICLES
from tests.marsad_process import Item, Outlets, Service, marsad, write_config
from tests.samples import CATALOGUE, NOW, annotated, article, story_article

DAY = 86_400_000
OTHER = Catalogue([*CATALOGUE.actors.values()][:2])
ACTOR = """
[[actor]]
id = "dawn-test"
name = "لواء فجر الاختبار"
english = "Dawn of Testing"
kind = "armed_group"
aliases = ["فجر الاختبار"]
"""


def test_a_search_says_so_until_the_articles_are_replayed(tmp_path: Path) -> None:
    config, data, log = write_config(tmp_path / "config"), tmp_path / "data", tmp_path / "log"
    both: list[str | Path] = ["--config", config, "--data", data]
    text = "قتل ثلاثة في هجوم للواء فجر الاختبار قرب تدمر"
    with Outlets(1) as outlets:
        outlets.publish(0, [Item("http://127.0.0.1/1", "خبر", text, format_datetime(datetime.now(UTC)))])
        assert marsad("feeds", "add", outlets.urls[0], *both).returncode == 0
        with running(config, data, log):
            wait_until(lambda: marsad("search", "تدمر", *both).returncode == 0)
    assert "annotated by another" not in marsad("search", "actor:tadmur OR تدمر OR داعش", *both).stderr

    (config / "actors-own.toml").write_text(ACTOR, encoding="utf-8")
    missed = marsad("search", "فجر الاختبار", *both)
    assert (missed.returncode, missed.stdout) == (1, "0 of 1 articles; nothing is found.\n")
    assert "1 stored articles were annotated by another version of the catalogue" in missed.stderr
    assert marsad("search", "زلزال", *both).stderr == "", "no actor is named"

    since = missed.stderr.partition("--since ")[2].partition("»")[0]
    assert json.loads(marsad("replay", "articles", "--since", since, "--json", *both).stdout) == {"replayed": 1}
    with running(config, data, log):
        wait_until(lambda: marsad("search", "فجر الاختبار", *both).returncode == 0)
    assert marsad("search", "فجر الاختبار", *both).stderr == ""


@contextmanager
def running(config: Path, data: Path, log: Path) -> Iterator[None]:
    with Service(config, data, log) as service:
        yield
        service.process.terminate()
        assert service.process.wait(20) == 0


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(name="store")
def three_articles(tmp_path: Path) -> Iterator[SqliteStore]:
    """A store of three articles, fetched on three days."""
    with closing(SqliteStore(tmp_path / "search.db")) as made:
        made.index([story_article(article(name=str(day), version=NOW - day * DAY)) for day in range(3)], {})
        yield made


def log_of(data: Path, *, trimmed: int) -> None:
    """A log with the same articles, of which it forgot some."""
    times = iter([NOW - 2 * DAY, NOW - DAY, NOW])
    with closing(StateFile(data / "marsad.db", clock=lambda: next(times))) as file:
        file.create_topics(topic.name for topic in ALL)
        log = SqliteLog(file)
        for day in (2, 1, 0):
            made = article(name=str(day), version=NOW - day * DAY)
            log.append(ARTICLES.name, [Record(made.id.encode(), encode(made))])
        log.trim(ARTICLES.name, trimmed)


@pytest.mark.usefixtures("store")
def test_status_counts_what_another_catalogue_annotated_than_the_last_article(tmp_path: Path) -> None:
    with closing(StateFile(tmp_path / "marsad.db")) as file:
        file.create_topics(topic.name for topic in ALL)
        assert gather(file, tmp_path)["annotated_before"] == 0, "nothing is known of the last one"
        for catalogue, count in ((CATALOGUE.version, 0), (OTHER.version, 3)):
            last = msgspec.structs.replace(annotated(article(name="last")), catalogue=catalogue)
            SqliteLog(file).append(ANNOTATED.name, [Record(b"last", encode(last))])
            assert gather(file, tmp_path)["annotated_before"] == count
    shown = marsad("status", "--data", tmp_path).stdout
    assert "articles               3, 3 of them annotated by another catalogue than the last one\n" in shown
    assert f"data                   {tmp_path}, marsad.db " in shown, "a long path is not cut short"


@pytest.mark.parametrize(
    ("trimmed", "articles", "since"), [(0, 3, NOW - 2 * DAY), (1, 1, NOW), (2, 0, 0), (3, 0, 0)], ids=str
)
def test_only_what_the_log_still_has_can_be_mended(
    store: SqliteStore, tmp_path: Path, trimmed: int, articles: int, since: int
) -> None:
    log_of(tmp_path, trimmed=trimmed)
    said = advice_on(parse("-داعش تدمر", OTHER), store, OTHER, Settings(data=tmp_path))
    if not articles:
        assert said is None
    else:
        assert said is not None
        assert said.startswith(f"{articles} stored articles")
        assert f"--since {iso(since)[:10]}»" in said


def test_nothing_is_said_where_there_is_nothing_to_say(store: SqliteStore, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    assert advice_on(parse("داعش", OTHER), store, OTHER, settings) is None, "there is no log"
    log_of(tmp_path, trimmed=0)
    assert advice_on(parse("داعش", CATALOGUE), store, CATALOGUE, settings) is None, "it is the same catalogue"
    assert advice_on(parse("تدمر", OTHER), store, OTHER, settings) is None, "no actor is named"
    for part in tmp_path.glob("marsad.db*"):
        part.unlink()
    (tmp_path / "marsad.db").write_bytes(b"no database" * 1000)
    assert advice_on(parse("داعش", OTHER), store, OTHER, settings) is None, "the state file cannot be read"
