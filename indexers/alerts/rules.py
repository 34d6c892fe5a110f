"""The alert rules and the receivers, read from config/alerts.toml and checked whole."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import msgspec

from indexers.query.ast import Query
from indexers.query.live import Matcher
from indexers.query.parse import QueryError, parse
from marsad.catalogue import Catalogue
from marsad.config import read_toml
from marsad.errors import OperatorError

FILE = "alerts.toml"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class TerminalSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="terminal", tag_field="type"
):
    """Alerts are printed on standard output."""


class JsonLinesSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="jsonl", tag_field="type"
):
    """Alerts are appended to a file, a JSON object a line."""

    path: str
    """Relative to the data directory, unless absolute."""


ReceiverSettings: TypeAlias = TerminalSettings | JsonLinesSettings
RECEIVER_TYPES = tuple(kind.__struct_config__.tag for kind in get_args(ReceiverSettings))


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What to watch for, and whom to tell."""

    id: str
    text: str
    """The query as written."""
    query: Query
    receivers: tuple[str, ...]


class RuleSet:
    """All rules and receivers of one reading of the file; nothing changes after it is built."""

    def __init__(self, rules: Mapping[str, Rule], receivers: Mapping[str, ReceiverSettings]) -> None:
        self.rules = rules
        self.receivers = receivers
        self.matcher = Matcher({rule.id: rule.query for rule in rules.values()})


class _RuleData(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    query: str
    receivers: tuple[str, ...]
    state: Literal["on", "off"] = "on"


class _FileData(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    receivers: dict[str, dict[str, Any]] = {}
    rule: tuple[_RuleData, ...] = ()


def load_rules(path: Path, catalogue: Catalogue) -> RuleSet:
    """The rules of a file; OperatorError names the file, the rule or receiver, and everything that is wrong with it."""
    try:
        data = msgspec.convert(read_toml(path), _FileData)
    except msgspec.ValidationError as error:
        raise OperatorError(
            f"{path}: {error}; a [[rule]] has id, query, receivers (a list of names) and state (on, off), "
            f"and each [receivers.NAME] a type ({', '.join(map(str, RECEIVER_TYPES))})"
        ) from error
    complaints: list[str] = []
    receivers = {name: found for name, raw in data.receivers.items() if (found := _receiver(name, raw, complaints))}
    rules: dict[str, Rule] = {}
    for rule in data.rule:
        complaints += _wrong(rule, rules, data.receivers)
        try:
            rules[rule.id] = Rule(
                id=rule.id,
                text=rule.query,
                query=parse(rule.query, catalogue),
                receivers=tuple(dict.fromkeys(rule.receivers)),
            )
        except QueryError as error:
            complaints.append(f"rule «{rule.id}»: {error}")
    if complaints:
        raise OperatorError("\n".join(f"{path}: {complaint}" for complaint in complaints))
    off = {rule.id for rule in data.rule if rule.state == "off"}
    return RuleSet({name: rule for name, rule in rules.items() if name not in off}, receivers)


def _receiver(name: str, raw: Mapping[str, Any], complaints: list[str]) -> ReceiverSettings | None:
    try:
        found: ReceiverSettings = msgspec.convert(dict(raw), ReceiverSettings)
    except msgspec.ValidationError as error:
        allowed = ", ".join(map(str, RECEIVER_TYPES))
        complaints.append(f"receiver «{name}»: {error}; type is one of {allowed}, and jsonl needs a path")
        return None
    return found


def _wrong(rule: _RuleData, known: Mapping[str, Rule], receivers: Mapping[str, object]) -> list[str]:
    complaints = []
    if not _ID.fullmatch(rule.id):
        complaints.append(f"rule «{rule.id}»: an id is up to 64 Latin letters, digits, - and _")
    if rule.id in known:
        complaints.append(f"rule «{rule.id}»: the id is used twice")
    if not rule.receivers:
        complaints.append(f"rule «{rule.id}»: it tells nobody; name at least one receiver")
    complaints += [
        f"rule «{rule.id}»: there is no receiver «{name}»; there are: {', '.join(sorted(receivers)) or 'none'}"
        for name in rule.receivers
        if name not in receivers
    ]
    return complaints
