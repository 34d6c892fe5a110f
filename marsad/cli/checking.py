"""`marsad check-config`: everything that an operator edits, checked at once."""

import sys
from collections.abc import Callable
from pathlib import Path

from indexers.alerts.rules import FILE as RULES_FILE
from indexers.alerts.rules import load_rules
from indexers.elastic.kibana_panels import FILE as PANELS_FILE
from marsad.cli.kibana import board_in
from marsad.cli.parts import catalogue_of, load
from marsad.cli.show import out
from marsad.config import Config
from marsad.errors import OperatorError


def check(config: Path | None, data: Path | None) -> int:
    """Say what is right and what is wrong; 2 where anything is."""
    place = Config(config)
    complaints: list[str] = []

    def tried(call: Callable[[], str]) -> None:
        try:
            out.print(call(), markup=False)
        except OperatorError as error:
            complaints.append(str(error))

    tried(lambda: _settings(config, data))
    tried(lambda: _catalogue(place))
    tried(lambda: _rules(place))
    tried(lambda: _panels(place))
    for complaint in complaints:
        for line in complaint.splitlines():
            sys.stderr.write(f"marsad: {line}\n")
    return 2 if complaints else 0


def _settings(config: Path | None, data: Path | None) -> str:
    parts = load(config, data)
    return f"settings are right: {parts.config.file('marsad.toml')}; data goes into {parts.settings.data.resolve()}"


def _catalogue(place: Config) -> str:
    files = place.files("actors*.toml")
    return f"the catalogue is right: {len(catalogue_of(place).actors)} actors in {', '.join(map(str, files))}"


def _rules(place: Config) -> str:
    rules = load_rules(place.file(RULES_FILE), catalogue_of(place))
    return (
        f"the rules are right: {len(rules.rules)} in force, {len(rules.receivers)} receivers: {place.file(RULES_FILE)}"
    )


def _panels(place: Config) -> str:
    board = board_in(place)
    return f"the panels for Kibana are right: {len(board.panels)} panels, {len(board.searches)} searches: {place.file(PANELS_FILE)}"
