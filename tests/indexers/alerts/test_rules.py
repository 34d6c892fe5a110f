"""Rule files, good and bad, and taking over a changed one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from indexers.alerts import state
from indexers.alerts.building import build_receiver
from indexers.alerts.duration import duration
from indexers.alerts.receivers import JsonLinesReceiver, Receiver
from indexers.alerts.rules import load_rules
from indexers.alerts.watch import RulesInForce
from marsad.config import Config
from marsad.errors import OperatorError
from marsad.statefile import StateFile
from tests.samples import CATALOGUE, NOW

GOOD = """
[receivers.file]
type = "jsonl"
path = "alerts.jsonl"
[[rule]]
id = "daesh"
query = "داعش"
receivers = ["file"]
"""


def rules_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "alerts.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_gives_rules_and_receivers(tmp_path: Path) -> None:
    rules = load_rules(rules_file(tmp_path, GOOD), CATALOGUE)
    assert list(rules.rules) == ["daesh"]
    assert list(rules.receivers) == ["file"]


def test_a_rule_that_is_off_is_checked_and_not_in_force(tmp_path: Path) -> None:
    assert load_rules(rules_file(tmp_path, GOOD + 'state = "off"\n'), CATALOGUE).rules == {}


def test_the_rules_that_ship_are_sound() -> None:
    assert set(load_rules(Config().file("alerts.toml"), CATALOGUE).rules) == {"daesh", "qasad"}


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("[[rule]\n", ["is not TOML in UTF-8"]),
        (GOOD.replace('id = "daesh"\n', ""), ["rule 1 of the file: the key «id» is missing"]),
        (GOOD.replace("query", "querry"), ["«querry» (is «query» meant?)", "the key «query» is missing"]),
        (GOOD.replace('"داعش"', '"(داعش"'), ["rule «daesh»", "never closed"]),
        (GOOD.replace('["file"]', '["mail"]'), ["rule «daesh»: there is no receiver «mail»; there are: file"]),
        (GOOD.replace('["file"]', "[]"), ["it tells nobody"]),
        (GOOD.replace('"jsonl"', '"pigeon"'), ["receiver «file»", "terminal, jsonl, webhook, apprise"]),
        (GOOD.replace('path = "alerts.jsonl"', ""), ["receiver «file»", "path"]),
        (GOOD.replace('"daesh"', '"داعش"'), ["an id is up to 64 Latin letters"]),
        (GOOD + GOOD[GOOD.index("[[rule]]") :], ["«daesh»: the id is used twice"]),
        (GOOD.replace('"داعش"', '"-داعش"').replace('["file"]', '["mail"]'), ["no receiver «mail»", "only excludes"]),
    ],
)
def test_a_bad_file_is_named_with_all_that_is_wrong(tmp_path: Path, text: str, messages: list[str]) -> None:
    with pytest.raises(OperatorError) as caught:
        load_rules(rules_file(tmp_path, text), CATALOGUE)
    for message in messages:
        assert message in str(caught.value)
    assert all(line.startswith(str(tmp_path / "alerts.toml")) for line in str(caught.value).splitlines())


HOOK = """
[receivers.hook]
type = "webhook"
url = "https://hooks.example.org/in"
secret_env = "HOOK_SECRET"
"""
ENVIRON = {"HOOK_SECRET": "s", "HOOK_URL": "https://hooks.example.org/5up3r", "CHAT": "json://127.0.0.1:1/"}


@pytest.mark.parametrize(
    ("written", "messages"),
    [
        ('throttle = "10 minutes"', ["throttle: «10 minutes» is no length of time", '"90s", "10m", "2h"']),
        ("throttle = 10", ["throttle: 10 is no length of time"]),
        ('throttle = "8d"', ["throttle: at most 7d"]),
        ("again = -1", ["again: Expected `int` >= 0"]),
        ('again = "5"', ["again: Expected `int`, got `str`"]),
        ('state = "maybe"', ["state: Invalid enum value"]),
        ("name = 5", ["name: Expected `str`, got `int`"]),
        ('thrott = "5m"\nsince = 5', ["«thrott» (is «throttle» meant?)", "«since»"]),
    ],
)
def test_a_bad_key_of_a_rule_is_named_with_what_is_right(tmp_path: Path, written: str, messages: list[str]) -> None:
    with pytest.raises(OperatorError) as caught:
        load_rules(rules_file(tmp_path, f"{GOOD}{written}\n"), CATALOGUE)
    for message in messages:
        assert message in str(caught.value)
        assert "rule «daesh»: " in str(caught.value)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (HOOK.replace("HOOK_SECRET", "UNSET"), "secret_env: the environment variable UNSET is not set"),
        (HOOK.replace("HOOK_SECRET", "s3cr3t!"), "secret_env: it has to be the name of an environment variable"),
        (HOOK.replace("https://hooks.example.org/in", ""), "it needs either url, or url_env"),
        (HOOK + 'url_env = "HOOK_URL"\n', "it needs either url, or url_env"),
        (HOOK.replace("https", "ftp"), "url: it has to be a whole http or https address"),
        (HOOK.replace("hooks.example.org", "م.org"), "url: it has to be a whole http or https address"),
        (HOOK.replace("hooks.", "me:pw@hooks."), "a name and password in the address are not sent"),
        (HOOK.replace("hooks.example.org", "10.1.2.3"), "url: 10.1.2.3 is in the local network"),
        (HOOK.replace("hooks.example.org", "[::1]:8000"), "url: ::1 is in the local network"),
        (HOOK.replace("hooks.example.org", "[::ffff:127.0.0.1]"), "is in the local network"),
        (HOOK.replace("hooks.example.org", "localhost"), "url: localhost is in the local network"),
        (HOOK + 'timeout = "5m"\n', "timeout: it has to be between 1s and 60s"),
        (HOOK + "secret = 's'\n", "there is no key «secret»"),
        ('[receivers.chat]\ntype = "apprise"\n', "the key «url_env» is missing"),
        ('[receivers.chat]\ntype = "apprise"\nurl_env = "UNSET"\n', "the environment variable UNSET is not set"),
        ('[receivers.chat]\ntype = "apprise"\nurl_env = "HOOK_SECRET"\n', "does not hold one apprise URL"),
        ('[receivers.chat]\ntype = "apprise"\nurl_env = "tgram://123:abc/x"\n', "it has to be the name of"),
        ("[receivers.none]\n", "type is missing; type is one of terminal, jsonl, webhook, apprise"),
        ("[receivers]\nnone = 5\n", "type is missing"),
    ],
)
def test_a_bad_receiver_is_named_and_no_secret_repeated(tmp_path: Path, written: str, message: str) -> None:
    with pytest.raises(OperatorError) as caught:
        load_rules(rules_file(tmp_path, written), CATALOGUE, ENVIRON)
    assert message in str(caught.value)
    assert not any(secret in str(caught.value) for secret in ("s3cr3t", "123:abc", "me:pw", "5up3r"))


@pytest.mark.parametrize(
    "written",
    [
        HOOK,
        HOOK.replace("hooks.example.org", "10.1.2.3") + "allow_local = true\n",
        HOOK.replace("url =", "url_env =").replace("https://hooks.example.org/in", "HOOK_URL"),
        HOOK + 'timeout = "30s"\n',
        '[receivers.chat]\ntype = "apprise"\nurl_env = "CHAT"\n',
    ],
)
def test_a_good_receiver_is_built(tmp_path: Path, written: str) -> None:
    rules = load_rules(rules_file(tmp_path, written), CATALOGUE, ENVIRON)
    for settings in rules.receivers.values():
        assert "5up3r" not in repr(settings)
        assert callable(build_receiver(settings, tmp_path, ENVIRON, show=str, when=str).send)


def test_who_does_not_tell_needs_no_secrets(tmp_path: Path) -> None:
    assert set(load_rules(rules_file(tmp_path, HOOK), CATALOGUE).receivers) == {"hook"}


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = (
        "retention = 5\n"
        + HOOK.replace("HOOK_SECRET", "UNSET")
        + '[[rule]]\nid = "a"\nquery = "("\nreceivers = ["x"]\n'
        'throttle = "soon"\n[[rule]]\nid = "b"\nquery = "-داعش"\nreceivers = ["x"]\ncolour = "red"\n'
    )
    with pytest.raises(OperatorError) as caught:
        load_rules(rules_file(tmp_path, text), CATALOGUE, ENVIRON)
    lines = [line.removeprefix(f"{tmp_path / 'alerts.toml'}: ") for line in str(caught.value).splitlines()]
    assert [line[:24] for line in lines] == [
        "there is no key «retenti",
        "receiver «hook»: secret_",
        "rule «a»: throttle: «soo",
        "rule «b»: there is no ke",
        "rule «b»: there is no re",
        "rule «b»: «-داعش»: a que",
    ]


@pytest.mark.parametrize(
    ("written", "ms"), [("90s", 90_000), ("10m", 600_000), ("2h", 7_200_000), ("1d", 86_400_000), ("5 m", 300_000)]
)
def test_a_length_of_time_is_a_number_with_a_unit(written: str, ms: int) -> None:
    assert duration(written) == ms


@pytest.fixture
def file(tmp_path: Path) -> Iterator[StateFile]:
    made = StateFile(tmp_path / "marsad.db", clock=lambda: NOW)
    made.install(state.SCHEMA)
    yield made
    made.close()


def in_force(path: Path, file: StateFile) -> RulesInForce:
    def build(settings: object) -> Receiver:
        del settings
        return JsonLinesReceiver(path.parent / "alerts.jsonl")

    return RulesInForce(lambda: path, CATALOGUE, file, build)


def since(file: StateFile, rule: str) -> int:
    with file.transaction() as tx:
        return state.rule_since(tx, rule, -1)


def test_a_changed_file_is_taken_over_and_a_broken_one_is_not(
    tmp_path: Path, file: StateFile, capsys: pytest.CaptureFixture[str]
) -> None:
    path = rules_file(tmp_path, GOOD)
    rules = in_force(path, file)
    rules.look()
    assert list(rules.rules().rules) == ["daesh"]
    rules_file(tmp_path, GOOD.replace("[[rule]]", "[[rule"))
    rules.look()
    assert list(rules.rules().rules) == ["daesh"]
    assert "the old ones stay in force" in "".join(capsys.readouterr())
    rules_file(tmp_path, GOOD + '[[rule]]\nid = "qasad"\nquery = "قسد"\nreceivers = ["file"]\n')
    rules.look()
    assert list(rules.rules().rules) == ["daesh", "qasad"]
    path.unlink()
    rules.look()
    assert list(rules.rules().rules) == ["daesh", "qasad"]


def test_a_file_that_takes_the_place_of_the_one_that_ships_is_noticed(tmp_path: Path, file: StateFile) -> None:
    shipped, own = rules_file(tmp_path, GOOD), tmp_path / "own.toml"
    rules = RulesInForce(lambda: own if own.exists() else shipped, CATALOGUE, file, lambda _: JsonLinesReceiver(own))
    own.write_text(GOOD.replace("daesh", "mine"), encoding="utf-8")
    rules.look()
    assert list(rules.rules().rules) == ["mine"]


def test_a_broken_file_at_the_start_is_an_error(tmp_path: Path, file: StateFile) -> None:
    with pytest.raises(OperatorError, match=r"alerts\.toml"):
        in_force(rules_file(tmp_path, "[[rule"), file)


def test_a_rule_is_in_force_since_it_was_first_read_or_its_query_changed(tmp_path: Path, file: StateFile) -> None:
    path = rules_file(tmp_path, GOOD)
    in_force(path, file)
    assert since(file, "daesh") == NOW
    file.clock = lambda: NOW + 1000
    in_force(path, file)
    assert since(file, "daesh") == NOW
    in_force(rules_file(tmp_path, GOOD.replace("داعش", "قسد")), file)
    assert since(file, "daesh") == NOW + 1000


def test_a_relative_path_is_in_the_data_directory(tmp_path: Path) -> None:
    rules = load_rules(rules_file(tmp_path, GOOD), CATALOGUE)
    built = build_receiver(rules.receivers["file"], tmp_path / "data", {}, show=str, when=str)
    assert isinstance(built, JsonLinesReceiver)
    assert built._path == tmp_path / "data" / "alerts.jsonl"


def test_a_receiver_stays_the_same_while_its_settings_do(tmp_path: Path, file: StateFile) -> None:
    path = rules_file(tmp_path, GOOD)
    rules = in_force(path, file)
    before = rules.receivers()["file"]
    rules_file(tmp_path, GOOD + 'again = 3\n[receivers.other]\ntype = "terminal"\n')
    rules.look()
    assert rules.rules().rules["daesh"].again == 3
    assert rules.receivers()["file"] is before
    rules_file(tmp_path, GOOD.replace("alerts.jsonl", "others.jsonl"))
    rules.look()
    assert rules.receivers()["file"] is not before
