"""Which addresses are fetched from: those of the public internet, and what the operator allows.

A feed, a redirect or a name server may point at a service inside this machine or its network that trusts whoever reaches it.
The networks are those of IANA's special-purpose registries (2026-11-28); IPv6 outside 2000::/3 is not public at all.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

KINDS_V4: Final = tuple(
    (IPv4Network(network), kind)
    for network, kind in (
        ("0.0.0.0/8", "unspecified"),
        ("127.0.0.0/8", "this machine's own"),
        ("10.0.0.0/8", "private"),
        ("172.16.0.0/12", "private"),
        ("192.168.0.0/16", "private"),
        ("100.64.0.0/10", "shared by a provider"),
        ("169.254.0.0/16", "link-local"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "reserved"),
        ("192.88.99.0/24", "reserved"),
        ("198.18.0.0/15", "reserved"),
        ("198.51.100.0/24", "reserved"),
        ("203.0.113.0/24", "reserved"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
KINDS_V6: Final = tuple(
    (IPv6Network(network), kind)
    for network, kind in (
        ("::1/128", "this machine's own"),
        ("::/128", "unspecified"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "private"),
        ("fc00::/7", "private"),
        ("ff00::/8", "multicast"),
        ("64:ff9b:1::/48", "private"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "reserved"),
        ("3fff::/20", "reserved"),
    )
)
PUBLIC_V6: Final = IPv6Network("2000::/3")
EMBEDDING: Final = tuple(
    (IPv6Network(network), shift)
    for network, shift in (("::ffff:0:0/96", 0), ("64:ff9b::/96", 0), ("2002::/16", 80), ("::/96", 0))
)
"""IPv6 networks whose addresses lead to an IPv4 address, and by how many bits it stands from the right."""


def inside(address: str) -> str | None:
    """What kind of inner address this is; None for one of the public internet. What cannot be read counts as inner."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unreadable"
    if isinstance(found, IPv4Address):
        return _inside_v4(found)
    plain = IPv6Address(int(found))  # without a zone
    for network, kind in KINDS_V6:
        if plain in network:
            return kind
    for network, shift in EMBEDDING:
        if plain in network:
            return _inside_v4(IPv4Address(int(plain) >> shift & 0xFFFF_FFFF))
    return None if plain in PUBLIC_V6 else "reserved"


def _inside_v4(address: IPv4Address) -> str | None:
    return next((kind for network, kind in KINDS_V4 if address in network), None)


class Allowed:
    """The setting `fetch.allow`: hosts, networks such as 10.1.0.0/16, or one port of a host, which may be inner addresses."""

    def __init__(self, entries: Iterable[str]) -> None:
        self._hosts: set[tuple[str, int | None]] = set()
        self._networks: list[IPv4Network | IPv6Network] = []
        for entry in entries:
            try:
                self._networks.append(ip_network(entry.strip("[]"), strict=False))
            except ValueError:
                self._hosts.add(_host_and_port(entry))

    def __call__(self, host: str, port: int) -> bool:
        """Whether the operator allows this host, by name or by address, on this port."""
        name = _bare(host)
        if {(name, None), (name, port)} & self._hosts:
            return True
        try:
            address = ip_address(name)
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def refusal(host: str, address: str, kind: str) -> str:
    """Why an address is not fetched from, and what to do about it."""
    named = f"{host} ({address})" if host != address else address
    return (
        f"{named} is refused: the address is {kind}; if feeds may come from there, name it in the setting fetch.allow"
    )


def _host_and_port(entry: str) -> tuple[str, int | None]:
    head, colon, tail = entry.rpartition(":")
    if colon and tail.isdecimal() and (":" not in head or head.endswith("]")):
        return _bare(head), int(tail)
    return _bare(entry), None


def _bare(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()
