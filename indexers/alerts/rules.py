"""The alert rules and the receivers, read from config/alerts.toml and checked whole."""

import re
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from indexers.alerts.duration import Duration
from indexers.alerts.receiver_settings import AppriseSettings, ReceiverSettings, receiver_settings
from indexers.alerts.tables import struct_of
from indexers.query.ast import Query
from indexers.query.live import Matcher
from indexers.query.parse import QueryError, parse
from marsad.catalogue import Catalogue
from marsad.config import read_toml
from marsad.errors import OperatorError

FILE = "alerts.toml"
LONGEST_THROTTLE = Duration(7 * 86_400_000)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What to watch for, and whom to tell how often."""

    id: str
    name: str = ""
    """What people call it."""
    text: str
    """The query as written."""
    query: Query
    receivers: tuple[str, ...]
    throttle: int = 0
    """It tells at most once in this time, in ms; 0 is without limit."""
    again: int = 0
    """It tells a story again when this many further articles of it have met the rule; 0 is never."""


class RuleSet:
    """All rules and receivers of one reading of the file; nothing changes after it is built."""

    def __init__(
        self,
        rules: Mapping[str, Rule],
        receivers: Mapping[str, ReceiverSettings],
        off: Mapping[str, Rule] | None = None,
    ) -> None:
        self.rules = rules
        """Those in force."""
        self.receivers = receivers
        self.off = off or {}
        """Those that are switched off."""
        self.matcher = Matcher({rule.id: rule.query for rule in rules.values()})


class _RuleData(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    query: str
    receivers: tuple[str, ...]
    name: str = ""
    throttle: Duration = Duration(0)
    again: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0
    state: Literal["on", "off"] = "on"


class _FileData(msgspec.Struct, frozen=True, kw_only=True):
    receivers: dict[str, Any] = {}
    rule: tuple[Any, ...] = ()


def load_rules(path: Path, catalogue: Catalogue, environ: Mapping[str, str] | None = None) -> RuleSet:
    """The rules of a file; OperatorError names the file, the rule or receiver, and everything that is wrong with it.

    `environ` holds the variables that receivers name; where it is not given, they are not looked at.
    """
    complaints: list[str] = []
    data = struct_of(_FileData, read_toml(path), complaints) or _FileData()
    receivers: dict[str, ReceiverSettings] = {}
    for name, raw in data.receivers.items():
        found: list[str] = []
        settings = receiver_settings(raw, environ, found)
        if isinstance(settings, AppriseSettings) and environ is not None:
            found += _wrong_apprise(settings, environ)
        if settings is not None:
            receivers[name] = settings
        complaints += [f"receiver «{name}»: {complaint}" for complaint in found]
    made: dict[str, tuple[Rule, bool]] = {}
    for number, raw in enumerate(data.rule, 1):
        known_as = raw.get("id") if isinstance(raw, dict) else None
        called = f"rule «{known_as}»" if isinstance(known_as, str) else f"rule {number} of the file"
        found = []
        if (rule := struct_of(_RuleData, raw, found)) is not None:
            found += _wrong(rule, made.keys(), data.receivers)
            try:
                made[rule.id] = _rule(rule, catalogue), rule.state == "on"
            except QueryError as error:
                found.append(str(error))
        complaints += [f"{called}: {complaint}" for complaint in found]
    if complaints:
        raise OperatorError("\n".join(f"{path}: {complaint}" for complaint in complaints))
    return RuleSet(
        {name: rule for name, (rule, on) in made.items() if on},
        receivers,
        off={name: rule for name, (rule, on) in made.items() if not on},
    )


def _wrong_apprise(settings: AppriseSettings, environ: Mapping[str, str]) -> Iterator[str]:
    from indexers.alerts.apprising import server  # noqa: PLC0415 - apprise is loaded only where it is used

    if server(environ[settings.url_env]) is None:
        yield f"the environment variable {settings.url_env} does not hold one apprise URL, such as mailto://… or tgram://…"


def _rule(data: _RuleData, catalogue: Catalogue) -> Rule:
    return Rule(
        id=data.id,
        name=" ".join(data.name.split()),
        text=data.query,
        query=parse(data.query, catalogue),
        receivers=tuple(dict.fromkeys(data.receivers)),
        throttle=int(data.throttle),
        again=data.again,
    )


def _wrong(rule: _RuleData, known: Container[str], receivers: Mapping[str, object]) -> Iterator[str]:
    if not _ID.fullmatch(rule.id):
        yield "an id is up to 64 Latin letters, digits, - and _"
    if rule.id in known:
        yield "the id is used twice"
    if not rule.receivers:
        yield "it tells nobody; name at least one receiver"
    if rule.throttle > LONGEST_THROTTLE:
        yield "throttle: at most 7d"
    for name in rule.receivers:
        if name not in receivers:
            yield f"there is no receiver «{name}»; there are: {', '.join(sorted(receivers)) or 'none'}"
