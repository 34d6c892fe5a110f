"""`marsad kibana`: data views, saved searches and a dashboard, as lines or put into a Kibana."""

import time
from pathlib import Path

from prometheus_client import CollectorRegistry

from indexers.elastic.kibana import ndjson, object_id, saved_objects
from indexers.elastic.kibana_panels import FILE, Board, board_of
from indexers.elastic.kibana_server import Kibana
from marsad.cli.parts import Parts, load
from marsad.cli.services import stopped_by_signals
from marsad.cli.show import out, write_line
from marsad.config import Config, read_toml
from marsad.errors import RetryableError
from marsad.metrics import Metrics
from marsad.stage import Backoff


def export(config: Path | None) -> None:
    """Write the saved objects to standard output, one a line."""
    parts = load(config)
    write_line(_lines(parts, board_in(parts.config)).removesuffix("\n"))


def load_into(config: Path | None) -> None:
    """Put the saved objects into the Kibana of the settings, once it is available; raises what a person has to put right."""
    parts = load(config)
    settings = parts.settings
    board = board_in(parts.config)
    kibana = Kibana(settings.kibana, settings.elasticsearch)
    count = _patiently(kibana, _lines(parts, board).encode(), settings.kibana.wait_s)
    dashboard = object_id(settings.elasticsearch.prefix, board.dashboard.id)
    out.print(
        f"Kibana at {kibana.address} has {count} objects of marsad; the dashboard: "
        f"{kibana.address}/app/dashboards#/view/{dashboard}",
        markup=False,
    )


def board_in(place: Config) -> Board:
    """The views, searches and panels of a configuration; OperatorError that names what is wrong."""
    path = place.file(FILE)
    return board_of(read_toml(path), str(path))


def _lines(parts: Parts, board: Board) -> str:
    return ndjson(saved_objects(board, parts.settings.elasticsearch.prefix))


def _patiently(kibana: Kibana, lines: bytes, wait_s: float) -> int:
    """Load, again and again while that may help; an import over an import changes nothing."""
    deadline = time.monotonic() + wait_s
    with stopped_by_signals() as stopping:
        backoff = Backoff("kibana", stopping, Metrics(CollectorRegistry()))
        while True:
            try:
                return kibana.load(lines)
            except RetryableError as error:
                if time.monotonic() >= deadline:
                    raise RetryableError(
                        f"{error}; it was given {wait_s:g} s: see to it that Kibana runs, or mend kibana.url or kibana.wait_s"
                    ) from error
                backoff.failed(error)
                if stopping.is_set():
                    raise RetryableError(f"{error}; stopped before it was available") from error
