"""The rules in force, read again when their file changes; a broken file keeps the old ones in force and says so."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from indexers.alerts import state
from indexers.alerts.receivers import Receiver
from indexers.alerts.rules import ReceiverSettings, RuleSet, load_rules
from marsad.catalogue import Catalogue
from marsad.errors import OperatorError, RetryableError
from marsad.statefile import StateFile

LOOK_S = 1.0
log = structlog.get_logger(__name__)


class RulesInForce:
    """The current rules and receivers. Built from a good file, or not at all."""

    def __init__(
        self,
        path: Path,
        catalogue: Catalogue,
        file: StateFile,
        build: Callable[[ReceiverSettings], Receiver],
    ) -> None:
        self._path = path
        self._catalogue = catalogue
        self._file = file
        self._build = build
        self._seen = _signature(path)
        self._rules, self._receivers = self._take(load_rules(path, catalogue))

    def rules(self) -> RuleSet:
        """The rules in force."""
        return self._rules

    def receivers(self) -> Mapping[str, Receiver]:
        """The receivers in force, by name."""
        return self._receivers

    def watch(self, stopping: threading.Event) -> None:
        """Look for changes once a second until asked to stop."""
        while not stopping.wait(LOOK_S):
            self.look()

    def look(self) -> None:
        """Take the file's rules over where it has changed and is right."""
        signature = _signature(self._path)
        if signature == self._seen:
            return
        try:
            self._rules, self._receivers = self._take(load_rules(self._path, self._catalogue))
        except RetryableError as error:
            log.warning("rules not taken over yet", path=str(self._path), reason=str(error))
            return
        except OperatorError as error:
            reason = str(error)
            log.error("rules not taken over, the old ones stay in force", path=str(self._path), reason=reason)  # noqa: TRY400
        else:
            log.info("rules taken over", path=str(self._path), rules=len(self._rules.rules))
        self._seen = signature

    def _take(self, rules: RuleSet) -> tuple[RuleSet, dict[str, Receiver]]:
        with self._file.transaction() as tx:
            state.register_rules(tx, rules.rules.values(), self._file.clock())
        for name, count in state.outbox(self._file).items():
            if name not in rules.receivers:
                log.warning("notifications wait for a receiver that is no longer there", receiver=name, count=count)
        return rules, {name: self._build(settings) for name, settings in rules.receivers.items()}


def _signature(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
