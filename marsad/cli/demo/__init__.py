"""`marsad demo`: invented outlets on loopback, polled by the very code of `marsad run`, with what arrives told as it does."""

import json
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from rich.text import Text

from indexers.alerts import state as alert_state
from ingest import state as feed_state
from marsad.annotation import StoryArticle
from marsad.cli.demo.scenario import Scenario, Told, complaints, load_scenario
from marsad.cli.demo.site import DemoSite
from marsad.cli.demo.telling import Happened, conclusion, next_steps, welcome
from marsad.cli.embedded import Embedded, embedded
from marsad.cli.parts import load
from marsad.cli.services import run_parts, stopped_by_signals
from marsad.cli.show import out, show_article
from marsad.codec import decode
from marsad.errors import OperatorError
from marsad.lock import hold
from marsad.message import after
from marsad.messagelog.sqlite import SqliteLog
from marsad.metrics import Metrics
from marsad.stage import starts
from marsad.topics import STORIES

LONGEST_S = 60.0
"""How long `--once` waits for everything to happen."""
MARKER = ".marsad-demo"
ALERTS = "alerts.jsonl"
HERE = Path(__file__).parent


def run_demo(data: Path | None, *, once: bool) -> int:
    """Run the demo until stopped, or with `once` until all has happened; 0 if it did."""
    with ExitStack() as stack:
        directory = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="marsad-demo-")))
        parts = load(HERE, directory)
        _refuse_foreign(directory)
        stack.enter_context(hold(directory, "demo"))
        _empty(directory)
        stopping = stack.enter_context(stopped_by_signals())
        scenario = load_scenario()
        site = stack.enter_context(DemoSite(scenario, datetime.now(UTC)))
        made = stack.enter_context(embedded(parts, Metrics()))
        with made.file.transaction() as tx:
            for outlet in scenario.outlet:
                feed_state.add_feed(tx, url=site.feed_url(outlet), title="", now=made.file.clock())
        queries = [rule.text for rule in made.rules.rules().rules.values()]
        out.print(welcome(len(scenario.outlet), len(scenario.article), site.base, queries, directory))
        viewer = Viewer(made, site, scenario, directory, once=once, kept=data is not None or not once)
        run_parts({**made.parts, "demo": viewer.watch}, stopping)
        return 0 if viewer.complaints == [] or not once else 1


def _refuse_foreign(directory: Path) -> None:
    if directory.is_dir() and any(directory.iterdir()) and not (directory / MARKER).exists():
        raise OperatorError(
            f"{directory} is not empty and not of an earlier demo: give the demo a directory of its own"
        )


def _empty(directory: Path) -> None:
    """Begin anew: remove what an earlier demo left in its directory, the lock excepted."""
    (directory / MARKER).touch()
    for path in directory.iterdir():
        if path.is_file() and path.name not in ("lock", MARKER):
            path.unlink()


class Viewer:
    """Tells what arrives, and says when all that should happen has."""

    def __init__(
        self, made: Embedded, site: DemoSite, scenario: Scenario, directory: Path, *, once: bool, kept: bool
    ) -> None:
        self._made = made
        self._site = site
        self._scenario = scenario
        self._directory = directory
        self._once = once
        self._kept = kept
        self._log = SqliteLog(made.file)
        self._positions = starts(self._log, STORIES)
        self.complaints: Sequence[str] | None = None
        """What did not happen, once that is settled."""

    def watch(self, stopping: threading.Event) -> None:
        """Tell articles until stopped; with `once` end when all has happened, or has not for too long."""
        deadline = time.monotonic() + LONGEST_S
        while not stopping.is_set():
            self._tell_arrivals()
            if self.complaints is not None:
                continue
            wrong = self._wrong()
            if not wrong or (self._once and time.monotonic() > deadline):
                self.complaints = wrong
                self._conclude(wrong)
                if self._once:
                    return

    def _tell_arrivals(self) -> None:
        messages = self._log.read(self._positions, 50, 0.2)
        self._positions |= after(messages)
        for message in messages:
            out.print(Text.from_ansi(show_article(decode(message.value, StoryArticle))))

    def _wrong(self) -> list[str]:
        """What is not yet, or not at all, as it should be."""
        stored = self._stored()
        found = complaints(self._scenario, self._site.article_url, stored, self._told())
        if self._made.store.count() != len(stored):
            found.append(f"{self._made.store.count()} documents are stored, {len(stored)} of them of the demo")
        if waiting := alert_state.outbox(self._made.file):
            found.append(f"notifications wait in the outbox: {waiting}")
        return found

    def _stored(self) -> list[StoryArticle]:
        found = (self._made.store.get(self._site.article_id(entry)) for entry in self._scenario.article)
        return [article for article in found if article is not None]

    def _told(self) -> list[Told]:
        path = self._directory / ALERTS
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        told = [json.loads(line) for line in lines if line.endswith("}")]
        return [Told(rule=alert["rule"], story=alert["story"]) for alert in told]

    def _conclude(self, wrong: Sequence[str]) -> None:
        if wrong:
            out.print(Text("\nNot all of it happened:", style="bold red"))
            for complaint in wrong:
                out.print(f"  {complaint}", markup=False)
            return
        out.print(conclusion(self._happened()))
        kept = self._directory if self._kept else None
        out.print(next_steps(kept, going_on=not self._once))

    def _happened(self) -> Happened:
        return Happened(
            articles=len(self._scenario.article),
            outlets=len(self._scenario.outlet),
            stories=len({article.membership.story for article in self._stored()}),
            alerts=len(self._told()),
            requests=self._site.requests,
            not_modified=self._site.not_modified,
        )
