import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.urls import canonical_url, feed_address, host_of
from marsad.errors import OperatorError

BASE = "https://khabar.example/feeds/rss"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://Khabar.Example:80/A?b=1#part", "http://khabar.example/A?b=1"),
        ("https://khabar.example:443", "https://khabar.example/"),
        ("https://khabar.example:8443/x", "https://khabar.example:8443/x"),
        ("/n/1?utm_source=rss&id=7&UTM_Medium=x&fbclid=1", "https://khabar.example/n/1?id=7"),
        ("?p=12", "https://khabar.example/feeds/rss?p=12"),
        ("../n/1", "https://khabar.example/n/1"),
        ("//cdn.example/x", "https://cdn.example/x"),
        ("https://khabar.example/خبر", "https://khabar.example/%D8%AE%D8%A8%D8%B1"),
        ("https://khabar.example/%d8%ae%d8%a8%d8%b1", "https://khabar.example/%D8%AE%D8%A8%D8%B1"),
        ("https://khabar.example/100%", "https://khabar.example/100%25"),
        ("https://قناة.مصر/x", "https://xn--mgbe7eqa.xn--wgbh1c/x"),
        ("https://user:pass@khabar.example./x", "https://khabar.example/x"),
        ("https://[2001:DB8::1]:443/", "https://[2001:db8::1]/"),
        (" https://khabar.example/a b ", "https://khabar.example/a%20b"),
        ("", ""),
        ("javascript:alert(1)", ""),
        ("mailto:a@b.example", ""),
        ("file:///etc/passwd", ""),
        ("http://", ""),
        ("http://a..b/", ""),
        ("http://[::1", ""),
        ("http://a:99999/", ""),
        ("http://a b/", ""),
        ("http://\ud800/", ""),
        ("https://khabar.example/" + "x" * 9_000, ""),
    ],
)
def test_an_address_has_one_canonical_form_or_none(url: str, expected: str) -> None:
    assert canonical_url(url, BASE) == expected


hosts = st.text("abc.ابج-_:@[]%0", max_size=12)
tails = st.text("ab/?#&=%d8 ا;\\'\"<>\t", max_size=20)


@settings(deadline=None)  # machines under load are slow
@given(
    st.one_of(st.text(), st.builds("https://{}{}".format, hosts, tails), st.builds("{}".format, tails)),
    st.sampled_from(["", BASE]),
)
@example("https://a/?utm_source=1&&", "")
@example("https://a%2Fb/", "")
@example("https://℀.example/", "")
def test_the_canonical_form_is_its_own_canonical_form_and_nothing_raises(url: str, base: str) -> None:
    once = canonical_url(url, base)
    assert canonical_url(once, base) == once
    assert canonical_url(once) == once
    assert once.isascii()


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "is empty"),
        ("khabar.example/rss", "write it whole, as in https://khabar.example/rss"),
        ("ftp://khabar.example/rss", "only http and https are polled, not ftp"),
        ("feed://khabar.example/rss", "only http and https are polled, not feed"),
        ("https://khabar.example/a b", "white space"),
        ("https://me:secret@khabar.example/", "must not hold a user or password"),
        ("https:///rss", "its host is wrong"),
        ("https://a:port/", "Port could not be cast"),
    ],
)
def test_a_wrong_feed_address_is_refused_with_what_is_wrong(typed: str, message: str) -> None:
    with pytest.raises(OperatorError) as refused:
        feed_address(typed)
    assert message in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_feed_address_keeps_its_parameters() -> None:
    assert feed_address(" https://Khabar.Example/rss?utm_source=m ") == "https://khabar.example/rss?utm_source=m"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.khabar.example/x", "khabar.example"),
        ("https://xn--mgbe7eqa.xn--wgbh1c/", "قناة.مصر"),
        ("x", ""),
        ("http://[", ""),
    ],
)
def test_the_host_is_shown_as_people_read_it(url: str, host: str) -> None:
    assert host_of(url) == host
