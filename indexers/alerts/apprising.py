"""The receiver that tells through apprise: mail, Telegram, Slack, Matrix and whatever else it knows.

apprise is imported when the first such receiver is built; its log, and that of its HTTP library, are switched off, since they
may hold addresses with their secrets.
"""

import logging
import re
from collections.abc import Callable
from typing import Any

from indexers.alerts.receivers import Sent
from indexers.alerts.text import body, headline
from marsad.alert import Alert

_MENTION = re.compile(r"@(?=everyone|here|channel|all\b)|(?<=<)(?=[!@#])", re.IGNORECASE)
"""Places where words of a feed would call everybody of a channel; a word joiner keeps them from it."""
_STATUS = re.compile(r"\berror[=: ]+(\d{3})\b")


class AppriseReceiver:
    """Tells through one apprise URL, at least once: a kill between sending and recording repeats one telling.

    The text is given to apprise as plain text, which escapes it for services that take HTML or Markdown.
    """

    def __init__(self, url: str, when: Callable[[int], str]) -> None:
        self._server = server(url)
        self._when = when

    def send(self, alert: Alert, notification: str) -> Sent:
        """Tell it; the call has no bound of its own in time."""
        del notification
        if self._server is None:
            return Sent("apprise does not know the address")
        done = self._server.notify(
            title=harmless(headline(alert)), body=harmless(body(alert, self._when)), body_format="text"
        )
        return Sent() if done else Sent(_reason(done))


def server(url: str) -> Any | None:  # noqa: ANN401 - the type would import apprise
    """An apprise that tells this one service; None where it knows none under that URL, or several."""
    silence()
    import apprise  # noqa: PLC0415 - only where it is used: it takes a third of a second

    # With a deadline of its own apprise calls in a pool of threads that keeps the process from ending while a service hangs.
    made = apprise.Apprise(asset=apprise.AppriseAsset(async_mode=False, service_timeout=0))
    return made if made.add(url.strip()) and len(made) == 1 else None


def silence() -> None:
    """Keep the libraries' own words out of our output."""
    for name in ("apprise", "urllib3", "requests"):
        found = logging.getLogger(name)
        found.propagate = False
        if not found.handlers:
            found.addHandler(logging.NullHandler())


def harmless(text: str) -> str:
    """The text with nothing in it that calls people."""
    return _MENTION.sub(lambda found: found.group() + "\u2060", text)


def _reason(result: Any) -> str:  # noqa: ANN401 - apprise's own type is imported only where it is used
    """Why it was not taken: of all that apprise says only a status, since the rest may hold the address."""
    for entry in result.logs():
        if found := _STATUS.search(entry.message):
            return f"the service answered with status {found[1]}"
    return "the service did not take it, or cannot be reached"
