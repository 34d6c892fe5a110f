"""`marsad rules check`: whether the rules and receivers are sound, before a running marsad takes them over."""

import os
from pathlib import Path

from rich.text import Text

from indexers.alerts.rules import FILE, Rule, load_rules
from marsad.cli.direction import inset
from marsad.cli.parts import catalogue_of, load
from marsad.cli.show import out
from marsad.cli.wording import length

SHOWN = 50
"""Rules that are listed, at most."""


def check(config: Path | None) -> None:
    """Say what the rules file holds; OperatorError with all that is wrong in it."""
    parts = load(config)
    path = parts.config.file(FILE)
    rules = load_rules(path, catalogue_of(parts.config), os.environ)
    for rule in list(rules.rules.values())[:SHOWN]:
        out.print(_line(rule, ""))
    for rule in list(rules.off.values())[:SHOWN]:
        out.print(_line(rule, "off"))
    counts = f"{len(rules.rules)} rules in force, {len(rules.off)} off, {len(rules.receivers)} receivers"
    out.print(f"{path}: {counts}; all is well.", markup=False)
    if not rules.rules:
        out.print("No rule is in force, so nothing is told: add a [[rule]].", markup=False)


def _line(rule: Rule, state: str) -> Text:
    text = Text().append(f"{rule.id}  ", style="dim" if state else "bold")
    text.append("for ", style="dim").append(inset(rule.text), style="cyan")
    said = [f"named {inset(rule.name)}" if rule.name else "", f"to {', '.join(rule.receivers)}"]
    if rule.throttle:
        said.append(f"at most once in {length(rule.throttle)}")
    if rule.again:
        said.append(f"again after {rule.again} further articles")
    text.append("".join(f" · {part}" for part in (*said, state) if part), style="dim")
    return text
