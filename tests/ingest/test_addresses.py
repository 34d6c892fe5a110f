import asyncio
import socket

import aiohttp
import pytest
from aiohttp.abc import ResolveResult

from ingest.addresses import Allowed, inside
from ingest.connect import FetchLimits, open_session
from ingest.fetch import Failed, Fetched, FetchResult, fetch
from tests.ingest.documents import rss
from tests.ingest.server import feed_server


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.0.0.1", "this machine's own"),
        ("127.200.3.4", "this machine's own"),
        ("0.0.0.0", "unspecified"),
        ("10.1.2.3", "private"),
        ("172.31.255.255", "private"),
        ("172.32.0.1", None),
        ("192.168.0.1", "private"),
        ("100.64.0.1", "shared by a provider"),
        ("100.128.0.1", None),
        ("169.254.169.254", "link-local"),
        ("224.0.0.251", "multicast"),
        ("255.255.255.255", "reserved"),
        ("8.8.8.8", None),
        ("::1", "this machine's own"),
        ("::", "unspecified"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("fd12:3456::1", "private"),
        ("ff02::1", "multicast"),
        ("::ffff:127.0.0.1", "this machine's own"),
        ("::ffff:8.8.8.8", None),
        ("::127.0.0.1", "this machine's own"),
        ("64:ff9b::10.0.0.1", "private"),
        ("64:ff9b::8.8.8.8", None),
        ("64:ff9b:1::1", "private"),
        ("2002:c0a8:101::1", "private"),
        ("2002:808:808::1", None),
        ("2001:0:808:808::1", "reserved"),
        ("2001:db8::1", "reserved"),
        ("2a00:1450:4001::1", None),
        ("4000::1", "reserved"),
        ("localhost", "unreadable"),
        ("127.1", "unreadable"),
    ],
)
def test_an_address_is_inside_or_public(address: str, kind: str | None) -> None:
    assert inside(address) == kind


@pytest.mark.parametrize(
    ("entry", "allowed", "refused"),
    [
        ("127.0.0.1", ("127.0.0.1", 8080), ("127.0.0.2", 8080)),
        ("127.0.0.1:80", ("127.0.0.1", 80), ("127.0.0.1", 81)),
        ("[::1]:80", ("::1", 80), ("::1", 81)),
        ("::1", ("::1", 5), ("::2", 5)),
        ("10.1.0.0/16", ("10.1.200.3", 80), ("10.2.0.1", 80)),
        ("Intranet.Example", ("intranet.example.", 80), ("www.intranet.example", 80)),
        ("intranet.example:8080", ("intranet.example", 8080), ("intranet.example", 80)),
    ],
)
def test_the_operator_allows_hosts_networks_and_single_ports(
    entry: str, allowed: tuple[str, int], refused: tuple[str, int]
) -> None:
    assert Allowed([entry])(*allowed)
    assert not Allowed([entry])(*refused)


NAMES = {
    "inner.example": ["127.0.0.1"],
    "outer.example": ["127.0.0.1"],
    "both.example": ["10.0.0.1", "127.0.0.1"],
}


class Names:
    """A name server, in place of aiohttp's way to the real one."""

    async def resolve(self, host: str, port: int, family: int) -> list[ResolveResult]:
        del family
        found = NAMES[host]
        return [
            ResolveResult(hostname=host, host=one, port=port, family=socket.AF_INET, proto=0, flags=0) for one in found
        ]

    async def close(self) -> None:
        pass


def got(monkeypatch: pytest.MonkeyPatch, path: str, *, allow: list[str], host: str = "127.0.0.1") -> FetchResult:
    """What comes from the test's own server, asked for by this name."""
    monkeypatch.setattr(aiohttp, "ThreadedResolver", Names)

    async def run() -> FetchResult:
        async with feed_server() as server, open_session(FetchLimits(user_agent="t", allow=allow)) as session:
            port = server.base.rpartition(":")[2]
            server.serve("/rss", rss([]))
            server.redirect("/to-literal", f"http://127.0.0.2:{port}/rss")
            server.redirect("/to-mapped", f"http://[::ffff:127.0.0.1]:{port}/rss")
            server.redirect("/to-name", f"http://inner.example:{port}/rss")
            result = await fetch(
                session, f"http://{host}:{port}{path}", etag="", last_modified="", max_bytes=10_000, now=0
            )
            if isinstance(result, Failed):
                assert "/rss" not in server.asked
            return result

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("[::ffff:127.0.0.1]", "::ffff:7f00:1"),
        ("inner.example", "inner.example (127.0.0.1)"),
        ("both.example", "both.example (10.0.0.1)"),
    ],
)
def test_an_inner_address_is_refused_and_the_setting_named(
    monkeypatch: pytest.MonkeyPatch, host: str, named: str
) -> None:
    found = got(monkeypatch, "/rss", host=host, allow=[])
    assert isinstance(found, Failed)
    assert found.refused
    assert found.reason.startswith(f"{named} is refused: the address is ")
    assert "fetch.allow" in found.reason


@pytest.mark.parametrize("allow", ["127.0.0.1", "inner.example"])
def test_what_is_allowed_is_fetched(monkeypatch: pytest.MonkeyPatch, allow: str) -> None:
    host = "inner.example" if allow == "inner.example" else "127.0.0.1"
    assert isinstance(got(monkeypatch, "/rss", host=host, allow=[allow]), Fetched)


@pytest.mark.parametrize("path", ["/to-literal", "/to-mapped", "/to-name"])
def test_a_redirect_comes_no_further_than_an_address(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    # «outer.example» stands for a public site, at the one address that a test has
    found = got(monkeypatch, path, host="outer.example", allow=["outer.example"])
    assert isinstance(found, Failed)
    assert found.refused
