"""Settings: where they come from, what is said of wrong ones, and that the files and the docs tell of all of them."""

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from marsad.config import Config
from marsad.errors import OperatorError
from marsad.settings import KafkaSettings, Settings, load_settings
from marsad.statefile import LARGEST_MESSAGE

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MARSAD_DATA", "MARSAD_CONFIG", "MARSAD_MODE"):
        monkeypatch.delenv(name, raising=False)


def config(tmp_path: Path, text: str) -> Config:
    (tmp_path / "marsad.toml").write_text(text, encoding="utf-8")
    return Config(tmp_path)


def flat(model: type[BaseModel], prefix: str = "") -> dict[str, object]:
    """Every setting by its dotted name with its default."""
    found: dict[str, object] = {}
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found |= flat(field.annotation, f"{prefix}{name}.")
        else:
            found[prefix + name] = field.default
    return found


def test_flags_go_before_environment_before_file_before_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = config(tmp_path, 'data = "from-file"\n[fetch]\ntimeout_s = 3\nconcurrency = 2\n')
    monkeypatch.setenv("MARSAD_FETCH__TIMEOUT_S", "4")
    monkeypatch.setenv("MARSAD_DATA", "from-environment")
    settings = load_settings(made, data=Path("from-flag"))
    assert settings.data == Path("from-flag")
    assert settings.fetch.timeout_s == 4
    assert settings.fetch.concurrency == 2
    assert settings.fetch.interval_s == 300
    assert load_settings(made).data == Path("from-environment")


def test_a_config_directory_replaces_the_files_that_ship_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "actors-mine.toml").touch()
    made = Config(tmp_path)
    assert made.file("marsad.toml") == Config().file("marsad.toml")
    found = {path.name: path for path in made.files("actors*.toml")}
    assert found["actors-mine.toml"] == tmp_path / "actors-mine.toml"
    assert found.keys() - {"actors-mine.toml"} == {path.name for path in Config().files("actors*.toml")}


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("[fetch\n", ["marsad.toml: is not TOML"]),
        ("[fetch]\ntimeout_s = 0\n", ["marsad.toml: fetch.timeout_s", "greater than or equal to 0.1", "not 0"]),
        ("[fetch]\ntimeout = 3\n", ["there is no setting «fetch.timeout»", "timeout_s"]),
        ("[fetching]\ntimeout_s = 3\n", ["there is no setting «fetching»", "fetch, ingest, kafka, kibana, log"]),
        ('mode = "cloud"\n', ["mode", "'embedded'"]),
        ('[log]\nlevel = "loud"\n', ["log.level", "'debug', 'info', 'warning' or 'error'", "not 'loud'"]),
        ("[fetch]\ntimeout_s = 0\nconcurrency = 0\n", ["fetch.timeout_s", "fetch.concurrency"]),
        ('[fetch]\nuser_agent = "مرصد"\n', ["fetch.user_agent", "pattern"]),
    ],
)
def test_a_wrong_setting_is_named_with_its_file_and_what_is_allowed(
    tmp_path: Path, text: str, messages: list[str]
) -> None:
    with pytest.raises(OperatorError) as caught:
        load_settings(config(tmp_path, text))
    for message in messages:
        assert message in str(caught.value)
    assert str(tmp_path / "marsad.toml") in str(caught.value)


def test_a_wrong_variable_is_named_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARSAD_FETCH__TIMEOUT_S", "soon")
    with pytest.raises(OperatorError, match=r"environment variable MARSAD_FETCH__TIMEOUT_S: fetch.timeout_s: .*'soon'"):
        load_settings(config(tmp_path, ""))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("MARSAD_FECH__TIMEOUT_S", "5", r"environment variable MARSAD_FECH__TIMEOUT_S: there is no such setting"),
        (
            "MARSAD_FETCH__TIMEOUT",
            "5",
            r"environment variable MARSAD_FETCH__TIMEOUT: there is no setting «fetch.timeout»",
        ),
        ("MARSAD_FETCH", "abc", r"the environment: .*fetch"),
        ("MARSAD_STORIES", '{"window_h": "x"}', r"environment variable MARSAD_STORIES: stories.window_h"),
    ],
)
def test_a_variable_that_sets_nothing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(OperatorError, match=message):
        load_settings(config(tmp_path, ""))


def test_a_password_is_taken_from_the_environment_and_shown_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARSAD_KAFKA__SASL_PASSWORD", "open sesame")
    settings = load_settings(config(tmp_path, '[kafka]\nsecurity = "SASL_SSL"\nsasl_username = "marsad"\n'))
    assert settings.kafka.sasl_password.get_secret_value() == "open sesame"
    assert "sesame" not in f"{settings} {settings!r} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('sasl_password = "sesame"', r"kafka.sasl_password: a password does not belong .* MARSAD_KAFKA__SASL_PASSWORD"),
        ('tls_key_password = "sesame"', r"set MARSAD_KAFKA__TLS_KEY_PASSWORD"),
        ('security = "SASL_SSL"\nsasl_username = "marsad"', r"kafka: .*needs .*MARSAD_KAFKA__SASL_PASSWORD"),
        ('bootstrap = ["marsad:sesame@broker:9092"]', r"kafka.bootstrap.0"),
        ("bootstrap = []", r"kafka.bootstrap"),
    ],
)
def test_kafka_settings_that_cannot_be_are_told_without_a_password(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(OperatorError, match=message) as told:
        load_settings(config(tmp_path, f"[kafka]\n{text}\n"))
    assert "sesame@" in text or "sesame" not in str(told.value)


def test_one_limit_holds_for_all_logs() -> None:
    assert KafkaSettings().max_message_bytes == LARGEST_MESSAGE


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="nowhere: there is no such configuration directory"):
        Config(tmp_path / "nowhere")


def test_the_file_that_ships_lists_every_setting_with_its_default() -> None:
    shipped = tomllib.loads(Config().file("marsad.toml").read_text(encoding="utf-8"))
    listed = {
        f"{section}.{key}" if isinstance(value, dict) else section: item
        for section, value in shipped.items()
        for key, item in (value.items() if isinstance(value, dict) else [("", value)])
    }
    defaults = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in flat(Settings).items()
        if not isinstance(value, SecretStr)
    }
    assert listed == defaults


def test_every_setting_is_documented_with_its_default() -> None:
    rows = re.findall(
        r"^\| `([a-z_.]+)` \| ([^|]+) \|", (ROOT / "docs/settings.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    documented = {name: default.strip().strip("`") for name, default in rows}
    expected = {name: str(value) for name, value in flat(Settings).items()}
    assert documented == expected
