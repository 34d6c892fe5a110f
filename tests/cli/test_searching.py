"""`marsad search` over a store of its own: what people see, what programs get, and paging."""

import io
import json
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from indexers.query.live import Matcher
from indexers.query.parse import parse
from indexers.sqlitestore import SqliteStore
from marsad.cli import searching
from tests.indexers.memory_store import MemoryStore
from tests.marsad_process import marsad
from tests.samples import CATALOGUE, HOUR, article, story_article

LONG = "وقال مصدر محلي إن الطريق أغلق صباح اليوم بعد انفجار عبوة قرب السوق في هجوم لداعش استهدف حاجزا على أطراف البلدة الشرقية"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("data")
    with closing(SqliteStore(directory / "search.db")) as store:
        made = [
            story_article(
                article(f"هجوم لداعش رقم {number}", title=f"خبر {number}", name=str(number), age=number * HOUR)
            )
            for number in range(5)
        ]
        store.index([*made, story_article(article(LONG, name="long", age=9 * HOUR), story="s" * 32)], {})
    return directory


def found(data: Path, *arguments: str) -> list[dict[str, object]]:
    result = marsad("search", *arguments, "--json", "--data", data)
    assert result.returncode in (0, 1), result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_programs_get_these_fields_in_this_order(data: Path) -> None:
    (hit,) = found(data, "forms:داعش =3 source:المثال")
    assert list(hit) == ["id", "version", "story", "outlet", "title", "url", "published", "cursor", "spans"]
    assert hit["spans"] == [
        {"start": 4, "end": 5, "surface": "3", "form": "3"},
        {"start": 12, "end": 16, "surface": "داعش", "form": "لداعش"},
        {"start": 21, "end": 22, "surface": "3", "form": "3"},
    ]


def test_pages_follow_one_another(data: Path) -> None:
    first = found(data, "forms:داعش", "--limit", "2")
    second = found(data, "forms:داعش", "--limit", "2", "--before", str(first[-1]["cursor"]))
    assert [hit["title"] for hit in first + second] == ["خبر 0", "خبر 1", "خبر 2", "خبر 3"]


def test_people_see_how_many_and_how_to_go_on(data: Path) -> None:
    shown = marsad("search", "forms:داعش", "--limit", "2", "--data", data)
    assert shown.returncode == 0, shown.stderr
    assert "6 of 6 articles; 2 shown (--limit), older ones: --before " in shown.stdout
    assert marsad("search", "زلزال", "--data", data).stdout.strip() == "0 of 6 articles; nothing is found."


def test_a_time_range_and_the_best_first(data: Path) -> None:
    assert found(data, "forms:داعش until:2026-11-01") == []
    assert len(found(data, "forms:داعش since:2026-11-01")) == 6
    assert len(found(data, "forms:داعش", "--best")) == 6
    refused = marsad("search", "داعش", "--best", "--before", "1", "--data", data)
    assert refused.returncode == 2
    assert "leave out --best" in refused.stderr


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Console:
    console = Console(width=60, file=io.StringIO(), force_terminal=True, color_system=None, soft_wrap=True)
    monkeypatch.setattr(searching, "out", console)
    return console


def test_a_hit_takes_few_short_lines_in_a_narrow_terminal(narrow: Console) -> None:
    store = MemoryStore()
    store.index([story_article(article(LONG, title="خبر", name="long"), story="s" * 32)], {})
    query = parse("داعش", CATALOGUE)
    (hit,) = store.search(query, limit=1).hits
    searching._show(hit, Matcher({"q": query}).match(hit.article.annotated)["q"])
    assert isinstance(narrow.file, io.StringIO)
    lines = narrow.file.getvalue().splitlines()
    assert lines[0].endswith("وكالة المثال")
    assert lines[1].strip() == "خبر"
    assert lines[2].strip().startswith("…")
    assert "لداعش" in lines[2]
    assert len(lines[2]) <= 2 * 60
    assert lines[-1].strip() == "story " + "s" * 32
