"""Addresses: the canonical form that an article is known by, and the check of what an operator types."""

import ipaddress
import re
from typing import Final
from urllib.parse import quote, unquote_plus, urljoin, urlsplit

from marsad.errors import OperatorError

LONGEST: Final = 8_000
"""Most characters of an address; a letter of Arabic takes six once it is percent-encoded."""

TRACKING_PREFIXES: Final = ("utm_", "mtm_")
TRACKING: Final = frozenset(
    {"fbclid", "gclid", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "igshid", "igsh", "mc_cid", "mc_eid"}
    | {"_ga", "xtor", "cmpid", "ns_campaign", "ns_mchannel", "ns_source", "ocid", "pk_campaign", "pk_kwd"}
    | {
        "at_medium",
        "at_campaign",
        "at_link_id",
        "at_link_origin",
        "at_link_type",
        "at_format",
        "at_bbc_team",
        "at_ptr_name",
    }
)
"""Parameters that say how a reader came, not what is read."""

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
HOST: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
STRAY_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
ESCAPE: Final = re.compile(r"%[0-9a-f]{2}", re.IGNORECASE)
PATH_SAFE: Final = "/%:@!$&'()*+,;=~"
QUERY_SAFE: Final = PATH_SAFE + "?"


def canonical_url(url: str, base: str = "") -> str:
    """The address in one agreed form, resolved against `base`; "" for whatever is not http or https. It never raises.

    Fragment, user, default port and TRACKING parameters are dropped, the host is in lower case and ASCII.
    """
    try:
        return _normal(urljoin(base, url.strip()), tracking=False) if url.strip() else ""
    except ValueError:
        return ""


def feed_address(typed: str) -> str:
    """The address to poll for what an operator typed; OperatorError says what is wrong with it."""
    text = typed.strip()
    if not text:
        raise OperatorError("the address of a feed is empty")
    if any(character.isspace() for character in text):
        raise OperatorError(f"«{text}» is not the address of a feed: it has white space in it")
    scheme, separator, _ = text.partition("://")
    if not separator:
        raise OperatorError(f"«{text}» is not the address of a feed: write it whole, as in https://{text.lstrip('/')}")
    if scheme.lower() not in DEFAULT_PORTS:
        raise OperatorError(f"«{text}» is not the address of a feed: only http and https are polled, not {scheme}")
    try:
        if "@" in urlsplit(text).netloc:
            raise OperatorError("the address of a feed must not hold a user or password: it is shown and logged")
        address = _normal(text, tracking=True)
    except ValueError as error:
        raise OperatorError(f"«{text}» is not the address of a feed: {error}") from error
    if not address:
        raise OperatorError(f"«{text[:200]}» is not the address of a feed: its host is wrong, or it is too long")
    return address


def host_of(url: str) -> str:
    """The host of an address in readable form, «www.» left out; "" where there is none."""
    try:
        host = (urlsplit(url).hostname or "").removeprefix("www.")
        return host.encode().decode("idna") if "xn--" in host else host
    except ValueError:
        return ""


def twin_key(url: str) -> str:
    """The same for addresses that differ in http or https, «www.» and a last slash only: they serve one feed."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc.removeprefix('www.')}{parts.path.rstrip('/')}{query}"


def _normal(url: str, *, tracking: bool) -> str:
    """The canonical form; ValueError or "" for what has none."""
    parts = urlsplit(url)
    host = _host(parts.hostname or "")
    if len(url) > LONGEST or parts.scheme not in DEFAULT_PORTS or not host:
        return ""
    port = "" if parts.port in {None, DEFAULT_PORTS[parts.scheme]} else f":{parts.port}"
    pairs = [pair for pair in parts.query.split("&") if pair and (tracking or not _is_tracking(pair))]
    query = f"?{_quoted('&'.join(pairs), QUERY_SAFE)}" if pairs else ""
    found = f"{parts.scheme}://{host}{port}{_quoted(parts.path, PATH_SAFE) or '/'}{query}"
    return found if len(found) <= LONGEST else ""


def _host(host: str) -> str:
    if ":" in host:
        return f"[{ipaddress.IPv6Address(host).compressed}]" if "%" not in host else ""
    ascii_host = host.rstrip(".").encode("idna").decode().lower()
    return ascii_host if HOST.fullmatch(ascii_host) else ""


def _is_tracking(pair: str) -> bool:
    name = unquote_plus(pair.partition("=")[0]).lower()
    return name in TRACKING or name.startswith(TRACKING_PREFIXES)


def _quoted(text: str, safe: str) -> str:
    """Percent-encode what has to be, with escapes in capitals: Arabic is found both ways and in both cases."""
    return ESCAPE.sub(lambda escape: escape[0].upper(), quote(STRAY_PERCENT.sub("%25", text), safe=safe))
