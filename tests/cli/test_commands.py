"""The commands as a person and a program use them: real processes, their output, their exit codes, their errors."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from marsad.cli.demo.scenario import load_scenario
from tests.marsad_process import MARSAD, RULES, SETTINGS, Item, Outlets, Service, environment, marsad, write_config

ARTICLE = """«قسد» تعتقل عناصر من داعش
أعلنت قوات سوريا الديمقراطية أنها اعتقلت أربعة من عناصر تنظيم «داعش» في ريف الرقة.
"""
DOCUMENTS = "".join(
    json.dumps(document, ensure_ascii=False) + "\n"
    for document in (
        {"id": "1", "title": "", "text": "هجوم لداعش", "published": "2026-11-22T00:00:00Z"},
        {"id": "2", "title": "", "text": "قصد الوزير", "published": "2026-11-22T00:00:00Z"},
        {"id": "3", "text": "داعش\nنص"},
    )
)


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["run"],
        ["demo"],
        ["ingest"],
        ["process"],
        ["group"],
        ["index"],
        ["notify"],
        ["annotate"],
        ["match"],
        ["search"],
        ["stories"],
        ["status"],
        ["alerts"],
        ["why"],
        ["rules"],
        ["rules", "check"],
        ["feeds"],
        ["articles"],
        ["replay"],
        ["replay", "articles"],
        ["replay", "dead-letters"],
        ["replay", "notifications"],
        ["check-config"],
        ["feeds", "add"],
        ["feeds", "list"],
        ["feeds", "remove"],
        ["feeds", "import"],
        ["feeds", "export"],
        ["feeds", "status"],
    ],
    ids=lambda command: " ".join(command) or "marsad",
)
def test_every_command_explains_itself(command: list[str]) -> None:
    result = marsad(*command, "--help")
    assert result.returncode == 0
    assert "Usage: marsad" in result.stdout
    assert len(result.stdout.splitlines()) > 5


def test_help_loads_nothing_heavy() -> None:
    heavy = ["pydantic", "aiohttp", "feedparser", "trafilatura", "camel_tools", "structlog", "sqlite3"]
    code = f"import sys, marsad.cli.app; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_match_decides_on_each_document() -> None:
    result = marsad("match", "داعش", text=DOCUMENTS)
    assert result.returncode == 0, result.stderr
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"id": "1", "matched": True, "spans": [{"start": 7, "end": 11, "surface": "داعش", "form": "داعش"}]},
        {"id": "2", "matched": False, "spans": []},
        {"id": "3", "matched": True, "spans": [{"start": 0, "end": 4, "surface": "داعش", "form": "داعش"}]},
    ]


def test_match_reads_files_too(tmp_path: Path) -> None:
    path = tmp_path / "documents.jsonl"
    path.write_text(DOCUMENTS, encoding="utf-8")
    assert len(marsad("match", "داعش", path, path).stdout.splitlines()) == 6


@pytest.mark.parametrize(
    ("arguments", "text", "message"),
    [
        (["match", "(داعش"], "", "never closed"),
        (["match", "داعش"], '{"id": "1"}\n', "standard input:1: not a document"),
        (["match", "داعش"], DOCUMENTS + "nonsense\n", "standard input:4: not a document"),
        (["match", "داعش"], '{"text": "س", "published": "yesterday"}\n', "is not a time in ISO 8601"),
        (["match", "داعش", "/nowhere.jsonl"], "", "/nowhere.jsonl: cannot be read: No such file"),
        (["annotate", "/nowhere.txt"], "", "/nowhere.txt: cannot be read: No such file"),
        (["annotate", "--config", "/nowhere"], "", "there is no such configuration directory"),
        (["search", "داعش", "--data", "/nowhere"], "", "holds no data of marsad yet"),
        (["status", "--data", "/nowhere"], "", "holds no data of marsad yet"),
        (["feeds", "list", "--data", "/nowhere"], "", "holds no data of marsad yet"),
        (["run", "--data", "/proc/nowhere"], "", "the data directory cannot be"),
    ],
)
def test_what_a_person_has_to_put_right_is_one_sentence_and_exit_code_2(
    arguments: list[str], text: str, message: str
) -> None:
    result = marsad(*arguments, text=text)
    assert result.returncode == 2
    assert message in result.stderr
    assert result.stderr.startswith("marsad: ")
    assert "Traceback" not in result.stderr


def test_a_port_in_use_is_named_with_the_setting(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = f"{SETTINGS}[metrics]\nport = {taken.getsockname()[1]}\n"
        config = write_config(tmp_path / "config", settings=settings)
        result = marsad("run", "--config", config, "--data", tmp_path / "data")
    assert result.returncode == 2
    assert "change metrics.address or metrics.port" in result.stderr


def test_a_terminal_without_arabic_gets_escapes() -> None:
    result = subprocess.run(
        [MARSAD, "match", "داعش"],
        input=DOCUMENTS.encode(),
        capture_output=True,
        env={**environment(), "PYTHONIOENCODING": "ascii"},
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout.splitlines()[0])["spans"][0]["surface"] == "داعش"


def test_a_file_that_is_not_utf8_is_named_with_a_way_out(tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_bytes("داعش".encode("windows-1256"))
    result = marsad("annotate", path)
    assert result.returncode == 2
    assert "old.txt: is not UTF-8 (byte 1); convert it first" in result.stderr


def test_annotate_tells_people_actors_and_events(tmp_path: Path) -> None:
    path = tmp_path / "article.txt"
    path.write_text(ARTICLE, encoding="utf-8")
    result = marsad("annotate", path)
    assert result.returncode == 0, result.stderr
    assert "قوات سوريا الديمقراطية" in result.stdout
    assert "COERCE/arrest" in result.stdout


def test_annotate_tells_programs_spans_in_the_text_as_given(tmp_path: Path) -> None:
    path = tmp_path / "article.txt"
    path.write_text(ARTICLE, encoding="utf-8")
    found = json.loads(marsad("annotate", path, "--json", "--published", "2026-11-28T10:00:00+03:00").stdout)
    entities = {entity["id"]: entity for entity in found["entities"]}
    sdf = next(entity for entity in entities.values() if entity["english"] == "Syrian Democratic Forces")
    assert [ARTICLE[start:end] for start, end in sdf["mentions"]] == ["قسد", "قوات سوريا الديمقراطية"]
    assert any(event["type"] == "COERCE" and sdf["id"] in event["actors"] for event in found["events"])


def test_annotate_reads_and_writes_documents_a_line() -> None:
    result = marsad("annotate", "--jsonl", text=DOCUMENTS)
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [document["id"] for document in found] == ["1", "2", "3"]
    assert found[0]["entities"][0]["mentions"] == [[7, 11]]


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "documents.jsonl"
    path.write_text(DOCUMENTS * 3000, encoding="utf-8")
    result = subprocess.run(
        f"set -o pipefail; '{Path(sys.executable).with_name('marsad')}' match داعش '{path}' | head -1",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        check=False,
    )
    assert len(result.stdout.splitlines()) == 1
    assert "Traceback" not in result.stderr


@pytest.fixture
def outlets() -> Iterator[Outlets]:
    with Outlets(2) as made:
        yield made


def item(number: int, text: str) -> Item:
    return Item(f"http://127.0.0.1/{number}", f"خبر {number}", text, format_datetime(datetime.now(UTC)))


def test_feeds_are_added_once_and_listed(tmp_path: Path, outlets: Outlets) -> None:
    added = marsad("feeds", "add", outlets.urls[0], "--title", "وكالة المثال", "--data", tmp_path)
    assert added.returncode == 0, added.stderr
    again = marsad("feeds", "add", outlets.urls[0], "--data", tmp_path)
    assert again.returncode == 2
    assert "is there already" in again.stderr
    bad = marsad("feeds", "add", "ftp://example.org/feed", "--data", tmp_path)
    assert bad.returncode == 2
    assert bad.stderr.startswith("marsad: ")
    (feed,) = [json.loads(line) for line in marsad("feeds", "list", "--json", "--data", tmp_path).stdout.splitlines()]
    assert (feed["title"], feed["state"]) == ("وكالة المثال", "new")
    assert "وكالة المثال" in marsad("feeds", "list", "--data", tmp_path).stdout


def test_ingest_once_polls_and_ends(tmp_path: Path, outlets: Outlets) -> None:
    config, data = write_config(tmp_path / "config"), tmp_path / "data"
    once: list[str | Path] = ["ingest", "--once", "--config", config, "--data", data]
    assert "There are no feeds yet" in marsad(*once).stdout
    outlets.publish(0, [item(1, "هجوم لداعش"), item(2, "مطر")])
    marsad("feeds", "add", outlets.urls[0], "--data", data)
    first = marsad(*once, "--json")
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["new"] == 2
    assert json.loads(marsad(*once, "--json").stdout)["new"] == 0
    assert json.loads(marsad("status", "--json", "--data", data).stdout)["lag"]["annotate"] == 2


def test_an_inner_address_is_refused_and_said_at_once(tmp_path: Path, outlets: Outlets) -> None:
    added = marsad("feeds", "add", outlets.urls[0], "--data", tmp_path)
    assert added.returncode == 0
    assert "as things are it will not be polled: 127.0.0.1 is refused" in added.stderr
    assert "fetch.allow" in added.stderr
    config = write_config(tmp_path / "config")
    assert marsad("feeds", "add", outlets.urls[1], "--data", tmp_path, "--config", config).stderr == ""
    result = marsad("ingest", "--once", "--data", tmp_path)
    assert result.returncode == 1
    assert result.stdout.count("127.0.0.1 is refused: the address is this machine's own") == 2


def test_feeds_are_imported_told_of_exported_and_removed(tmp_path: Path, outlets: Outlets) -> None:
    config, data = write_config(tmp_path / "config"), tmp_path / "data"
    both: list[str | Path] = ["--config", config, "--data", data]
    lines = f"وكالة المثال\t{outlets.urls[0]}\nnonsense\n{outlets.urls[1]}\n"
    imported = marsad("feeds", "import", "-", *both, text=lines)
    assert imported.returncode == 1
    assert "Added 2 feeds; 0 were there already; 1 could not be taken." in imported.stdout
    assert "-:2: «nonsense» is not the address of a feed" in imported.stderr
    outlets.publish(0, [item(1, "هجوم لداعش"), item(2, "مطر")])
    assert marsad("ingest", "--once", *both).returncode == 0

    told = [json.loads(line) for line in marsad("feeds", "status", "--json", *both).stdout.splitlines()]
    assert {one["url"]: (one["state"], one["articles"], one["failures"]) for one in told} == {
        outlets.urls[0]: ("working", 2, 0),
        outlets.urls[1]: ("working", 0, 0),
    }
    assert "وكالة المثال" in marsad("feeds", "status", outlets.urls[0], *both).stdout
    assert marsad("feeds", "status", "nobody", *both).returncode == 2

    (tmp_path / "list.opml").write_text(marsad("feeds", "export", *both).stdout, encoding="utf-8")
    again = marsad("feeds", "import", tmp_path / "list.opml", *both)
    assert (again.returncode, again.stdout) == (
        0,
        "Added 0 feeds; 2 were there already; 0 could not be taken.\n",
    )
    for feed in (told[0]["id"], told[1]["url"]):
        assert marsad("feeds", "remove", feed, *both).returncode == 0
    assert marsad("feeds", "remove", told[0]["id"], *both).returncode == 2
    assert "There are no feeds yet" in marsad("ingest", "--once", *both).stdout
    assert "Added 2 feeds" in marsad("feeds", "import", tmp_path / "list.opml", *both).stdout
    polls = [json.loads(line) for line in marsad("ingest", "--once", "--json", *both).stdout.splitlines()]
    assert [(one["new"], one["edited"]) for one in polls] == [(0, 0), (0, 0)]


def test_the_starting_list_is_imported_once_and_only_where_nobody_added_a_feed(
    tmp_path: Path, outlets: Outlets
) -> None:
    listed = f"title\turl\nوكالة\t{outlets.urls[0]}\nأخرى\tnonsense\n"
    config, data = write_config(tmp_path / "config", feeds=listed), tmp_path / "data"
    both: list[str | Path] = ["--config", config, "--data", data]
    first = marsad("ingest", "--once", *both)
    assert outlets.urls[0] in first.stdout
    assert "starting list not taken" in first.stderr
    marsad("feeds", "remove", outlets.urls[0], *both)
    assert "There are no feeds yet" in marsad("ingest", "--once", *both).stdout
    assert "Added 1 feeds" in marsad("feeds", "import", *both).stdout

    own: list[str | Path] = ["--config", config, "--data", tmp_path / "own"]
    assert "«marsad feeds import» adds it" in marsad("feeds", "add", outlets.urls[1], *own).stdout
    assert outlets.urls[0] not in marsad("ingest", "--once", *own).stdout


def test_articles_shows_what_ingest_recorded(tmp_path: Path, outlets: Outlets) -> None:
    config, data = write_config(tmp_path / "config"), tmp_path / "data"
    outlets.publish(0, [item(1, "هجوم لداعش"), item(2, "مطر")])
    marsad("feeds", "add", outlets.urls[0], "--title", "وكالة المثال", "--config", config, "--data", data)
    marsad("ingest", "--once", "--config", config, "--data", data)
    found = [
        json.loads(line)
        for line in marsad("articles", "--jsonl", "--config", config, "--data", data).stdout.splitlines()
    ]
    assert {(one["guid"], one["title"], one["text"], one["feed_url"]) for one in found} == {
        ("http://127.0.0.1/1", "خبر 1", "هجوم لداعش", outlets.urls[0]),
        ("http://127.0.0.1/2", "خبر 2", "مطر", outlets.urls[0]),
    }
    assert "وكالة المثال: خبر" in marsad("articles", "--limit", "1", "--config", config, "--data", data).stdout
    assert marsad("articles", "--feed", "no such feed", "--config", config, "--data", data).returncode == 1
    wrong = marsad("articles", "--since", "yesterday", "--config", config, "--data", data)
    assert wrong.returncode == 2
    assert "--since: «yesterday» is no time" in wrong.stderr


def test_articles_are_replayed(tmp_path: Path, outlets: Outlets) -> None:
    config, data = write_config(tmp_path / "config"), tmp_path / "data"
    outlets.publish(0, [item(1, "هجوم لداعش"), item(2, "مطر")])
    marsad("feeds", "add", outlets.urls[0], "--config", config, "--data", data)
    marsad("ingest", "--once", "--config", config, "--data", data)
    assert json.loads(marsad("replay", "articles", "--json", "--config", config, "--data", data).stdout) == {
        "replayed": 2
    }
    assert json.loads(
        marsad(
            "replay",
            "articles",
            "--since",
            "2020-01-01",
            "--until",
            "2020-01-02",
            "--json",
            "--config",
            config,
            "--data",
            data,
        ).stdout
    ) == {"replayed": 0}
    assert json.loads(marsad("status", "--json", "--config", config, "--data", data).stdout)["lag"]["annotate"] == 4
    assert "There are no dead letters" in marsad("replay", "dead-letters", "--config", config, "--data", data).stdout


def test_check_config_names_all_that_is_wrong_at_once(tmp_path: Path) -> None:
    good = marsad("check-config")
    assert good.returncode == 0, good.stderr
    assert good.stdout.count("right") == 4
    config = write_config(
        tmp_path / "config", settings="[fetch]\ntimeout_s = 0\n", rules=RULES.replace("داعش", "(داعش")
    )
    (config / "kibana").mkdir()
    (config / "kibana" / "panels.toml").write_text("[[view]]\nid = 'articles'\n", encoding="utf-8")
    bad = marsad("check-config", "--config", config)
    assert bad.returncode == 2
    assert "fetch.timeout_s" in bad.stderr
    assert "never closed" in bad.stderr
    assert "panels.toml" in bad.stderr
    assert "the catalogue is right" in bad.stdout


def test_ingest_once_fails_where_every_poll_fails(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        config, data = write_config(tmp_path / "config"), tmp_path / "data"
        marsad("feeds", "add", f"http://127.0.0.1:{closed.getsockname()[1]}/", "--data", data)
        assert marsad("ingest", "--once", "--config", config, "--data", data).returncode == 1


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 40
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_from_a_feed_to_an_alert_and_a_search(tmp_path: Path, outlets: Outlets) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = write_config(tmp_path / "config", settings=f"{SETTINGS}[metrics]\nport = {port}\n")
    data, log = tmp_path / "data", tmp_path / "log"
    with Service(config, data, log) as service:
        wait_until(lambda: service.said("started"))
        assert service.said("there are no feeds yet")
        marsad("feeds", "add", outlets.urls[0], "--data", data)
        outlets.publish(0, [item(1, "مطر في المدينة"), item(2, "قتل ثلاثة في هجوم لداعش قرب تدمر")])
        wait_until(lambda: (data / "alerts.jsonl").exists() and (data / "alerts.jsonl").read_text().endswith("\n"))
        (alert,) = [json.loads(line) for line in (data / "alerts.jsonl").read_text(encoding="utf-8").splitlines()]
        assert (alert["rule"], alert["reasons"][0]["surface"], alert["outlet"]) == ("daesh", "داعش", "وكالة 0")
        wait_until(lambda: marsad("search", "داعش", "--data", data).returncode == 0)
        result = marsad("search", "داعش", "--json", "--data", data)
        (hit,) = [json.loads(line) for line in result.stdout.splitlines()]
        assert hit["id"] == alert["article"]
        assert "«" in alert["title"] or alert["title"] == "خبر 2"
        shown = marsad("search", "داعش", "--data", data).stdout
        assert "هجوم لداعش" in shown
        assert "1 of 2 articles" in shown
        assert marsad("search", "زلزال", "--data", data).returncode == 1
        refused = marsad("ingest", "--once", "--data", data)
        assert refused.returncode == 2
        assert f"in use by «marsad run» (process {service.process.pid})" in refused.stderr
        status = json.loads(marsad("status", "--json", "--data", data).stdout)
        assert status["running"] == f"«marsad run» (process {service.process.pid})"
        assert (status["articles"], status["alerts"], status["dead_letters"]) == (2, 1, 0)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as page:
            assert re.search(rb'marsad_messages_total\{outcome="done",stage="notify"\} 2.0', page.read())
        (config / "alerts.toml").write_text(
            RULES + '[[rule]]\nid = "tadmur"\nquery = "تدمر"\nreceivers = ["file"]\n', encoding="utf-8"
        )
        wait_until(lambda: service.said("rules taken over"))
        outlets.publish(0, [item(3, "فتح الطريق إلى تدمر")])
        wait_until(lambda: "tadmur" in (data / "alerts.jsonl").read_text(encoding="utf-8"))
        began = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(20) == 0
        assert time.monotonic() - began < 15
        assert service.said("stopped")
    assert json.loads(marsad("status", "--json", "--data", data).stdout)["running"] is None


def test_a_damaged_search_store_is_named_and_the_service_ends(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "search.db").write_bytes(b"no database" * 1000)
    result = marsad("run", "--data", data)
    assert result.returncode == 2
    assert "search.db: the file is damaged" in result.stderr


def test_a_demo_leaves_a_directory_that_is_not_its_own_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    result = marsad("demo", "--once", "--data", tmp_path)
    assert result.returncode == 2
    assert "give the demo a directory of its own" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_the_demo_shows_all_of_it_and_ends_with_0(tmp_path: Path) -> None:
    result = marsad("demo", "--once", "--data", tmp_path / "demo")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "All of it happened" in result.stdout
    scenario = load_scenario()
    due = sorted(rule for article in scenario.article for rule in article.alerts)
    assert result.stdout.count("ALERT") == len(due)
    told = [json.loads(line) for line in (tmp_path / "demo" / "alerts.jsonl").read_text(encoding="utf-8").splitlines()]
    assert sorted(alert["rule"] for alert in told) == due
    found = marsad("search", "القسدير", "--json", "--data", tmp_path / "demo")
    assert [json.loads(line)["title"] for line in found.stdout.splitlines()] == [
        "القسدير يسجل أعلى سعر له منذ ثلاثة أعوام"
    ]
    again = marsad("demo", "--once", "--data", tmp_path / "demo")
    assert again.returncode == 0, again.stdout + again.stderr
