"""What `marsad feeds list` and `feeds status` print: whatever may be copied from there stands whole, however wide the terminal."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from ingest import state
from marsad.cli.parts import STATE_FILE
from marsad.statefile import StateFile
from tests.marsad_process import marsad
from tests.samples import NOW

LONG = "https://example.org/" + "أخبار/" * 12 + "rss.xml"
PROBLEM = "HTTP 503 Service Unavailable; " + "the server asks to be left alone for a day, " * 3 + "that is all"


class Shipped(NamedTuple):
    data: Path
    feeds: Sequence[Mapping[str, str]]


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Shipped:
    """A data directory with the feeds that ship, the first of them failing, and one with an address that fills two lines."""
    data = tmp_path_factory.mktemp("data")
    assert marsad("feeds", "import", "--data", data).returncode == 0
    assert (
        marsad("feeds", "add", LONG, "--title", "وكالة المثال للأنباء المحلية والعالمية", "--data", data).returncode
        == 0
    )
    file = StateFile(data / STATE_FILE)
    file.install(state.SCHEMA)
    first = state.list_feeds(file)[0]
    with file.transaction() as tx:
        tx.execute(
            "UPDATE feed SET state = 'failing', failures = 3, since = ?, last_success = ?, error = ? WHERE id = ?",
            (NOW, NOW, PROBLEM, first.id),
        )
    file.close()
    listed = marsad("feeds", "list", "--json", "--data", data).stdout
    return Shipped(data, [json.loads(line) for line in listed.splitlines()])


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("command", ["list", "status"])
def test_ids_states_outlets_and_problems_are_whole_at_any_width(
    shipped: Shipped, columns: int, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = marsad("feeds", command, "--data", shipped.data).stdout.splitlines()
    heads = {line.split()[0]: line for line in lines if not line.startswith(" ")}
    assert len(shipped.feeds) > 200
    assert heads.keys() == {feed["id"] for feed in shipped.feeds}
    for feed in shipped.feeds:
        assert heads[feed["id"]].split()[1] == feed["state"]
        assert feed["title"] in heads[feed["id"]]
    assert f"    {PROBLEM}" in lines


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_every_address_stands_on_a_line_of_its_own(
    shipped: Shipped, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = marsad("feeds", "list", "--data", shipped.data).stdout.splitlines()
    assert [line for line in lines if "://" in line] == [f"    {feed['url']}" for feed in shipped.feeds]


def test_status_tells_the_failing_ones_first_and_how_long_they_fail(shipped: Shipped) -> None:
    head, times, *_ = marsad("feeds", "status", "--data", shipped.data).stdout.splitlines()
    assert "  failing 3×  " in head
    assert times.startswith("    since 2026-11-28 ")
    assert "last success 2026-11-28 " in times


@pytest.mark.parametrize("command", ["list", "status"])
def test_without_feeds_it_says_how_to_add_one(tmp_path: Path, command: str) -> None:
    assert marsad("feeds", "import", "-", "--data", tmp_path).returncode == 0
    shown = marsad("feeds", command, "--data", tmp_path)
    assert (shown.returncode, shown.stdout) == (
        0,
        "There are no feeds yet: add one with «marsad feeds add URL».\n",
    )


def test_shards_share_a_list_by_host_and_name_where_a_feed_belongs(tmp_path: Path) -> None:
    listed = tmp_path / "feeds.txt"
    listed.write_text("".join(f"https://host{number}.example/rss\n" for number in range(20)), encoding="utf-8")
    (tmp_path / "config").mkdir()
    added: list[str] = []
    mine: list[str] = []
    place: tuple[str | Path, ...] = ()
    for shard in ("1/2", "2/2"):
        (tmp_path / "config" / "marsad.toml").write_text(f'[ingest]\nshard = "{shard}"\n', encoding="utf-8")
        place = ("--config", tmp_path / "config", "--data", tmp_path / shard[0])
        said = marsad("feeds", "import", listed, *place).stdout
        mine = [json.loads(line)["url"] for line in marsad("feeds", "list", "--json", *place).stdout.splitlines()]
        assert f"Added {len(mine)} feeds" in said
        assert f"{20 - len(mine)} are of other shards than {shard}" in said
        added += mine
    assert sorted(added) == sorted(listed.read_text(encoding="utf-8").split())
    theirs = next(url for url in added if url not in mine)
    refused = marsad("feeds", "add", theirs, *place)
    assert refused.returncode == 2
    assert "belongs to shard 1/2 by its host, and this is 2/2" in refused.stderr
    (tmp_path / "config" / "marsad.toml").write_text('[ingest]\nshard = "3/2"\n', encoding="utf-8")
    wrong = marsad("feeds", "list", *place)
    assert wrong.returncode == 2
    assert "ingest.shard" in wrong.stderr
    assert "the first number is from 1 to the second" in wrong.stderr
