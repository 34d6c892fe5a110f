"""The rules in force, read again when their file changes; a broken file keeps the old ones in force and says so."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from indexers.alerts import state
from indexers.alerts.receiver_settings import ReceiverSettings
from indexers.alerts.receivers import Receiver
from indexers.alerts.rules import RuleSet, load_rules
from marsad.catalogue import Catalogue
from marsad.errors import OperatorError, RetryableError
from marsad.statefile import StateFile

LOOK_S = 1.0
log = structlog.get_logger(__name__)


class RulesInForce:
    """The current rules and receivers. Built from a good file, or not at all.

    `find` says at each look which file it is: an operator may put one into the configuration directory at any time.
    """

    def __init__(
        self,
        find: Callable[[], Path],
        catalogue: Catalogue,
        file: StateFile,
        build: Callable[[ReceiverSettings], Receiver],
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._find = find
        self._catalogue = catalogue
        self._file = file
        self._build = build
        self._environ = environ
        path = find()
        self._seen = _signature(path)
        self._rules, self._receivers = RuleSet({}, {}), dict[str, Receiver]()
        self._take(load_rules(path, catalogue, environ))

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
        path = self._find()
        signature = _signature(path)
        if signature == self._seen:
            return
        try:
            self._take(load_rules(path, self._catalogue, self._environ))
        except RetryableError as error:
            log.warning("rules not taken over yet", path=str(path), reason=str(error))
            return
        except OperatorError as error:
            reason = str(error)
            log.error("rules not taken over, the old ones stay in force", path=str(path), reason=reason)  # noqa: TRY400 - the reason says it all
        else:
            log.info("rules taken over", path=str(path), rules=len(self._rules.rules))
        self._seen = signature

    def _take(self, rules: RuleSet) -> None:
        """Put rules in force. A receiver whose settings are the same stays the same."""
        receivers = {
            name: self._receivers[name] if self._rules.receivers.get(name) == settings else self._build(settings)
            for name, settings in rules.receivers.items()
        }
        with self._file.transaction() as tx:
            state.register_rules(tx, rules.rules.values(), self._file.clock())
        for name, count in state.outbox(self._file).items():
            if name not in rules.receivers:
                log.warning("notifications wait for a receiver that is no longer there", receiver=name, count=count)
        self._rules, self._receivers = rules, receivers


def _signature(path: Path) -> tuple[str, int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return str(path), found.st_mtime_ns, found.st_size, found.st_ino
