"""Rule files, good and bad, and taking over a changed one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from indexers.alerts import state
from indexers.alerts.receivers import JsonLinesReceiver, Receiver, build_receiver
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
        (GOOD.replace('id = "daesh"\n', ""), ["rule", "has id, query, receivers"]),
        (GOOD.replace("query", "querry"), ["querry"]),
        (GOOD.replace('"داعش"', '"(داعش"'), ["rule «daesh»", "never closed"]),
        (GOOD.replace('["file"]', '["mail"]'), ["rule «daesh»: there is no receiver «mail»; there are: file"]),
        (GOOD.replace('["file"]', "[]"), ["it tells nobody"]),
        (GOOD.replace('"jsonl"', '"pigeon"'), ["receiver «file»", "terminal, jsonl"]),
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

    return RulesInForce(path, CATALOGUE, file, build)


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
    built = build_receiver(rules.receivers["file"], tmp_path / "data", str)
    assert isinstance(built, JsonLinesReceiver)
    assert built._path == tmp_path / "data" / "alerts.jsonl"
