"""`marsad kibana`: what export writes, and what load puts into a server that answers as Kibana does."""

import json
import socket
import time
from pathlib import Path

import pytest

from marsad.cli import kibana
from marsad.config import Config
from marsad.errors import OperatorError, RetryableError
from tests.fake_kibana import FakeKibana, Import, Reply
from tests.marsad_process import marsad

NOT_READY = Reply(503, "Kibana server is not ready yet")
SECRET = "sesame-57"


def config(tmp_path: Path, url: str, further: str = "") -> Path:
    (tmp_path / "marsad.toml").write_text(f'[kibana]\nurl = "{url}"\ntimeout_s = 5\n{further}\n', encoding="utf-8")
    return tmp_path


def test_export_writes_what_ships() -> None:
    written = marsad("kibana", "export")
    assert written.returncode == 0, written.stderr
    assert written.stdout == Config().file("kibana/marsad.ndjson").read_text(encoding="utf-8")


def test_export_follows_the_prefix_and_the_file_of_the_configuration(tmp_path: Path) -> None:
    directory = config(tmp_path, "http://127.0.0.1", '[elasticsearch]\nprefix = "second"')
    (directory / "kibana").mkdir()
    own = Config().file("kibana/panels.toml").read_text(encoding="utf-8").replace("آخر القصص", "أحدث القصص")
    (directory / "kibana" / "panels.toml").write_text(own, encoding="utf-8")
    written = marsad("kibana", "export", "--config", directory).stdout
    titles = {one["id"]: one["attributes"]["title"] for one in map(json.loads, written.splitlines())}
    assert titles["second-articles"] == "second-articles"
    assert titles["second-stories-latest"] == "Latest stories · أحدث القصص"
    assert titles["second-overview"].endswith(" (second)")


def test_export_names_what_is_wrong_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "kibana").mkdir()
    own = Config().file("kibana/panels.toml").read_text(encoding="utf-8").replace('"outlet", label', '"oulet", label')
    (tmp_path / "kibana" / "panels.toml").write_text(own, encoding="utf-8")
    result = marsad("kibana", "export", "--config", tmp_path)
    assert result.returncode == 2
    assert "panels.toml: «articles-over-time»: there is no field «oulet» in this index" in result.stderr
    assert not result.stdout


def test_load_puts_every_object_into_kibana(tmp_path: Path) -> None:
    with FakeKibana() as fake:
        loaded = marsad("kibana", "load", "--config", config(tmp_path, fake.url))
    assert loaded.returncode == 0, loaded.stderr
    (came,) = fake.imports
    assert came.path == "/api/saved_objects/_import?overwrite=true"
    expected = Config().file("kibana/marsad.ndjson").read_text(encoding="utf-8").splitlines()
    assert came.objects == [json.loads(line) for line in expected]
    assert f"has {len(expected)} objects of marsad" in loaded.stdout
    assert f"{fake.url}/app/dashboards#/view/marsad-overview" in loaded.stdout


def test_load_goes_to_the_space_of_the_address(tmp_path: Path) -> None:
    with FakeKibana() as fake:
        kibana.load_into(config(tmp_path, f"{fake.url}/s/news/"))
    assert fake.asked == [("/s/news/api/status", None)]
    assert fake.imports[0].path == "/s/news/api/saved_objects/_import?overwrite=true"


def test_load_waits_until_kibana_is_available(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    starting = Reply(503, {"status": {"overall": {"level": "unavailable", "summary": "savedObjects: migrating"}}})
    with FakeKibana([NOT_READY, starting, NOT_READY]) as fake:
        kibana.load_into(config(tmp_path, fake.url))
    assert len(fake.asked) == 4
    assert len(fake.imports) == 1
    assert "savedObjects: migrating" in capsys.readouterr().err


def test_load_imports_again_where_kibana_was_busy(tmp_path: Path) -> None:
    replies = [Reply(503, "busy"), Reply(200, {"success": True, "successCount": 19})]

    def reply(_: Import) -> Reply:
        return replies.pop(0)

    with FakeKibana(answer=reply) as fake:
        kibana.load_into(config(tmp_path, fake.url))
    assert len(fake.imports) == 2


def test_load_gives_up_when_its_time_is_over(tmp_path: Path) -> None:
    with (
        FakeKibana([NOT_READY] * 1_000) as fake,
        pytest.raises(RetryableError, match=r"not ready yet; it was given 0.5 s: see to it that Kibana runs"),
    ):
        kibana.load_into(config(tmp_path, fake.url, "wait_s = 0.5"))
    assert len(fake.asked) > 1
    assert not fake.imports


def test_load_says_that_nobody_answers(tmp_path: Path) -> None:
    with FakeKibana() as fake:
        url = fake.url
    result = marsad("kibana", "load", "--config", config(tmp_path, url, "wait_s = 0"))
    assert result.returncode == 1
    assert f"Kibana at {url} cannot be reached: Connect" in result.stderr
    assert "Traceback" not in result.stderr


def test_load_does_not_wait_for_ever_for_an_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARSAD_KIBANA__TIMEOUT_S", "0.2")
    monkeypatch.setenv("MARSAD_KIBANA__WAIT_S", "0")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(RetryableError, match=f"Kibana at {url} does not answer in time"):
            kibana.load_into(config(tmp_path, url))


def test_load_says_who_it_is_and_tells_nobody_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MARSAD_KIBANA__PASSWORD", SECRET)
    with FakeKibana([NOT_READY], authorization="Basic bWFyc2FkOnNlc2FtZS01Nw==") as fake:
        kibana.load_into(config(tmp_path, fake.url, 'user = "marsad"'))
    assert len(fake.imports) == 1
    shown = capsys.readouterr()
    assert SECRET not in shown.out + shown.err
    assert "bWFyc2Fk" not in shown.out + shown.err


@pytest.mark.parametrize("variable", ["MARSAD_KIBANA__API_KEY", "MARSAD_ELASTICSEARCH__API_KEY"])
def test_load_with_a_key_that_is_refused_says_what_to_set_and_does_not_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, SECRET)
    began = time.monotonic()
    with FakeKibana(authorization="ApiKey right") as fake, pytest.raises(OperatorError) as caught:
        kibana.load_into(config(tmp_path, fake.url, "wait_s = 300"))
    assert "answers 401: security_exception: unable to authenticate user; set kibana.user" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert fake.asked == [("/api/status", f"ApiKey {SECRET}")]
    assert time.monotonic() - began < 120


def test_load_says_that_a_server_without_tls_cannot_be_trusted(tmp_path: Path) -> None:
    with (
        FakeKibana() as fake,
        pytest.raises(OperatorError, match=r"cannot be trusted: .*; set kibana.ca_file, or mend kibana.url"),
    ):
        kibana.load_into(config(tmp_path, fake.url.replace("http:", "https:")))


def test_load_says_which_objects_kibana_did_not_take(tmp_path: Path) -> None:
    def reply(came: Import) -> Reply:
        first = came.objects[0]
        error = {"type": "unknown", "message": "Document belongs to a more recent version of Kibana", "statusCode": 422}
        told = {"id": first["id"], "type": first["type"], "error": error}
        return Reply(200, {"success": False, "successCount": len(came.objects) - 1, "errors": [told]})

    with FakeKibana(answer=reply) as fake:
        result = marsad("kibana", "load", "--config", config(tmp_path, fake.url))
    assert result.returncode == 2
    assert "did not take 1 objects; is it a Kibana 9?" in result.stderr
    assert (
        "index-pattern marsad-articles: unknown (Document belongs to a more recent version of Kibana)" in result.stderr
    )


def test_load_follows_nobody_elsewhere(tmp_path: Path) -> None:
    moved = Reply(302, "", {"Location": "http://elsewhere.example/login"})
    with (
        FakeKibana([moved]) as fake,
        pytest.raises(OperatorError, match=r"leads on to http://elsewhere\.example/login: put the final address"),
    ):
        kibana.load_into(config(tmp_path, fake.url))
    assert not fake.imports


def test_a_password_in_the_file_or_the_address_is_refused_without_showing_it(tmp_path: Path) -> None:
    cases = [
        ("127.0.0.1", f'password = "{SECRET}"'),
        ("127.0.0.1", f'api_key = "{SECRET}"'),
        (f"me:{SECRET}@127.0.0.1", ""),
    ]
    for host, line in cases:
        result = marsad("kibana", "load", "--config", config(tmp_path, f"http://{host}", line))
        assert result.returncode == 2
        assert "MARSAD_KIBANA__" in result.stderr
        assert SECRET not in result.stderr
