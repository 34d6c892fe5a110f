"""From the settings of a receiver to the receiver."""

from collections.abc import Callable, Mapping
from pathlib import Path

from indexers.alerts.apprising import AppriseReceiver
from indexers.alerts.bounded import Bounded
from indexers.alerts.receiver_settings import (
    AppriseSettings,
    JsonLinesSettings,
    ReceiverSettings,
    WebhookSettings,
    webhook_address,
)
from indexers.alerts.receivers import JsonLinesReceiver, Receiver, TerminalReceiver
from indexers.alerts.webhook import WebhookReceiver
from marsad.alert import Alert
from marsad.clock import now_ms

SPARE_S = 1.0
"""By how much a call may outlast the timeout of its sockets before it is left to itself."""


def build_receiver(
    settings: ReceiverSettings,
    data: Path,
    environ: Mapping[str, str],
    *,
    show: Callable[[Alert], str],
    when: Callable[[int], str],
) -> Receiver:
    """The receiver that these settings, which have been checked, describe. `show` is for terminals, `when` writes times."""
    match settings:
        case JsonLinesSettings():
            return JsonLinesReceiver(data / settings.path)
        case WebhookSettings():
            webhook = WebhookReceiver(
                webhook_address(settings, environ),
                secret=environ.get(settings.secret_env, "").strip() if settings.secret_env else "",
                timeout_s=settings.timeout / 1000,
                allow_local=settings.allow_local,
                clock=now_ms,
            )
            return Bounded(webhook, settings.timeout / 1000 + SPARE_S)
        case AppriseSettings():
            return Bounded(AppriseReceiver(environ[settings.url_env].strip(), when), settings.timeout / 1000)
        case _:
            return TerminalReceiver(show)
