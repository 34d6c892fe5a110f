"""What alerts.toml says of a receiver. Secrets are never in the file: it names the environment variables that hold them."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

import msgspec

from indexers.alerts.duration import Duration
from indexers.alerts.tables import struct_of

SHORTEST_MS, LONGEST_MS = 1_000, 60_000
"""What the timeout of a receiver may be."""
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class TerminalSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts are printed on standard output."""


class JsonLinesSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts are appended to a file, a JSON object a line."""

    path: str
    """Relative to the data directory, unless absolute."""


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts are posted as JSON to one address."""

    url: str = ""
    url_env: str = ""
    """The variable that holds the address, where the address itself is a secret; one of the two is needed."""
    secret_env: str = ""
    """The variable that holds the secret which requests are signed with; without it they are not signed."""
    timeout: Duration = Duration(10_000)
    allow_local: bool = False
    """Whether the address may be in the local network or on this machine."""


class AppriseSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts go to a service that apprise knows."""

    url_env: str
    """The variable that holds the apprise URL."""
    timeout: Duration = Duration(30_000)


ReceiverSettings: TypeAlias = TerminalSettings | JsonLinesSettings | WebhookSettings | AppriseSettings
KINDS: Mapping[str, type[ReceiverSettings]] = {
    "terminal": TerminalSettings,
    "jsonl": JsonLinesSettings,
    "webhook": WebhookSettings,
    "apprise": AppriseSettings,
}


def receiver_settings(raw: object, environ: Mapping[str, str] | None, complaints: list[str]) -> ReceiverSettings | None:
    """The settings that a [receivers.NAME] says, or None with everything that is wrong added to `complaints`.

    Without `environ` it is not looked whether the variables are set: that concerns who tells, and nobody else.
    """
    kind = raw.get("type") if isinstance(raw, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        said = "type is missing" if kind is None else f"there is no type {kind!r}"
        complaints.append(f"{said}; type is one of {', '.join(KINDS)}")
        return None
    before = len(complaints)
    found = struct_of(KINDS[kind], raw, complaints, besides=("type",))
    if found is not None:
        complaints += _wrong(found, environ)
    return found if len(complaints) == before else None


def webhook_address(settings: WebhookSettings, environ: Mapping[str, str]) -> str:
    """Where a webhook's requests go."""
    return settings.url or environ.get(settings.url_env, "").strip()


def split_address(address: str) -> SplitResult | None:
    """The parts of an http or https address; None where it is none."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if usable and address.isascii() and address.isprintable() and " " not in address else None


def is_local(address: str) -> bool:
    """Whether an IP address is anything but one of the public internet."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return not found.is_global or found.is_multicast


def _wrong(settings: ReceiverSettings, environ: Mapping[str, str] | None) -> list[str]:
    match settings:
        case JsonLinesSettings():
            return [] if settings.path else ["path: it is empty; name a file"]
        case WebhookSettings():
            return [
                *_wrong_timeout(settings.timeout),
                *_wrong_address(settings, environ),
                *(_unset("secret_env", settings.secret_env, environ) if settings.secret_env else ()),
            ]
        case AppriseSettings():
            return [*_wrong_timeout(settings.timeout), *_unset("url_env", settings.url_env, environ)]
        case _:
            return []


def _wrong_timeout(timeout: Duration) -> list[str]:
    if SHORTEST_MS <= timeout <= LONGEST_MS:
        return []
    return [f"timeout: it has to be between {SHORTEST_MS // 1000}s and {LONGEST_MS // 1000}s"]


def _unset(key: str, variable: str, environ: Mapping[str, str] | None) -> list[str]:
    if not _VARIABLE.fullmatch(variable):
        # What stands there may be the secret itself, so it is not repeated.
        return [f"{key}: it has to be the name of an environment variable, which holds the secret"]
    if environ is not None and not environ.get(variable, "").strip():
        return [f"{key}: the environment variable {variable} is not set; set it where marsad runs"]
    return []


def _wrong_address(settings: WebhookSettings, environ: Mapping[str, str] | None) -> list[str]:
    if bool(settings.url) == bool(settings.url_env):
        return ["it needs either url, or url_env where the address is a secret"]
    if settings.url_env and (environ is None or _unset("url_env", settings.url_env, environ)):
        return _unset("url_env", settings.url_env, environ)
    key = "url" if settings.url else f"the environment variable {settings.url_env}"
    return [
        f"{key}: {wrong}" for wrong in _wrong_parts(settings, split_address(webhook_address(settings, environ or {})))
    ]


def _wrong_parts(settings: WebhookSettings, parts: SplitResult | None) -> Iterator[str]:
    if parts is None or parts.hostname is None:
        yield "it has to be a whole http or https address, with other letters than Latin ones encoded"
    elif parts.username is not None or parts.password is not None:
        yield "a name and password in the address are not sent; sign with secret_env"
    elif not settings.allow_local and _names_local(parts.hostname):
        yield f"{parts.hostname} is in the local network; if it is meant, write allow_local = true"


def _names_local(host: str) -> bool:
    try:
        return is_local(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
