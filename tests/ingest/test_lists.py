import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.lists import LARGEST, read_list, write_opml
from ingest.urls import feed_address
from marsad.errors import OperatorError

NESTED = """<?xml version="1.0" encoding="{encoding}"?>
<opml version="1.0"><head><title>قائمتي</title></head><body>
<outline text="أخبار"><outline text="عاجل">
<outline type="rss" title="قناة الخبر" text="خ" xmlUrl="https://khabar.example/rss"/>
</outline>
<outline text="وكالة" XMLURL="https://wakala.example/rss?a=1&amp;b=2"/></outline>
<outline xmlUrl="https://bila.example/"/>
<outline xmlUrl="rss.xml" text="نسبي"/>
<outline xmlUrl="ftp://khabar.example/rss"/>
<outline text="بلا عنوان" xmlUrl=""/>
</body></opml>"""


def taken(body: str | bytes) -> list[tuple[int, str, str]]:
    data = read_list(body if isinstance(body, bytes) else body.encode())
    return [(feed.line, feed.url, feed.title) for feed in data.feeds]


@pytest.mark.parametrize(
    ("written", "declared"),
    [
        ("utf-8", "utf-8"),
        ("cp1256", "windows-1256"),
        ("utf-8", "windows-1256"),
        ("cp1256", "utf-8"),
        ("utf-16", "utf-16"),
    ],
)
def test_opml_is_read_however_deep_and_whatever_its_encoding_is_called(written: str, declared: str) -> None:
    data = read_list(NESTED.format(encoding=declared).encode(written))
    assert [tuple(feed) for feed in data.feeds] == [
        (4, "https://khabar.example/rss", "قناة الخبر"),
        (6, "https://wakala.example/rss?a=1&b=2", "وكالة"),
        (7, "https://bila.example/", ""),
    ]
    assert [line for line, _ in data.problems] == [8, 9]
    assert "write it whole" in data.problems[0][1]
    assert "only http and https" in data.problems[1][1]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            "<opml><outline xmlUrl='https://a.example/?a=1&b=2' text='R&D &nbsp;&eacute;'/></opml>",
            "https://a.example/?a=1&b=2",
        ),
        ("<opml><outline xmlUrl='https://a.example/' text='&bogus;'/></opml>", "https://a.example/"),
        (
            "<!DOCTYPE opml SYSTEM 'file:///etc/passwd'><opml><outline xmlUrl='https://a.example/'/></opml>",
            "https://a.example/",
        ),
        ("<opml><outline xmlUrl='https://a.example/'/><outline xmlUrl='https://b", "https://a.example/"),
    ],
    ids=["stray ampersands", "unknown entity", "a document type", "cut off"],
)
def test_opml_that_is_not_quite_xml_is_read_as_far_as_it_goes(document: str, expected: str) -> None:
    assert [url for _, url, _ in taken(document)] == [expected]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            '<!DOCTYPE o [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><opml><outline text="&c;" xmlUrl="https://a.example/"/></opml>',
            "entities",
        ),
        ('<!DOCTYPE o [<!ENTITY % p SYSTEM "http://a.example/">%p;]><opml/>', "entities"),
        ('<!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/passwd">]><opml><outline text="&x;"/></opml>', "entities"),
        ("<html><body>صفحة</body></html>", "not OPML"),
        ("<rss><channel/></rss>", "not OPML"),
    ],
)
def test_what_is_no_list_of_feeds_or_a_trap_is_refused(document: str, message: str) -> None:
    with pytest.raises(OperatorError, match=message):
        read_list(document.encode())


def test_a_list_may_be_large_and_no_larger() -> None:
    line = "https://a.example/\n"
    assert read_list((line * (LARGEST // len(line) // 50)).encode()).feeds
    with pytest.raises(OperatorError, match="10 MB"):
        read_list(b" " * (LARGEST + 1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "https://a.example/1\n\n# قول\nhttps://b.example/\n",
            [(1, "https://a.example/1", ""), (4, "https://b.example/", "")],
        ),
        ("قناة\thttps://a.example/\n", [(1, "https://a.example/", "قناة")]),
        ("https://a.example/\tقناة\n", [(1, "https://a.example/", "قناة")]),
        ("title\tsite\turl\nقناة\thttps://s.example/\thttps://a.example/\n", [(2, "https://a.example/", "قناة")]),
        ("\ufefftitle\tfeed\r\nقناة\thttps://a.example/\r\n", [(2, "https://a.example/", "قناة")]),
        ("", []),
        ("# لا شيء\n", []),
    ],
)
def test_lines_of_text_or_tsv_are_a_list_too(text: str, expected: list[tuple[int, str, str]]) -> None:
    assert taken(text) == expected


def test_a_line_that_is_no_address_is_named_and_the_rest_goes_in() -> None:
    data = read_list(b"https://a.example/\nnonsense\nhttps://me:secret@b.example/\n")
    assert [feed.url for feed in data.feeds] == ["https://a.example/"]
    assert [line for line, _ in data.problems] == [2, 3]
    assert "secret" not in data.problems[1][1]


titles = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=30).map(
    lambda text: " ".join(text.split())
)


@settings(deadline=None)
@given(
    st.lists(st.tuples(titles, st.text("abc/?&=ابج '\"<", max_size=12).map(lambda tail: f"https://a.example/{tail}")))
)
def test_what_is_exported_is_read_back_whole(feeds: list[tuple[str, str]]) -> None:
    written = [(title, feed_address(url.replace(" ", ""))) for title, url in feeds]
    data = read_list(write_opml(written, "م & م").encode())
    assert data.problems == ()
    assert [feed.url for feed in data.feeds] == [url for _, url in written]


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: f"<opml>{text}".encode())))
def test_nothing_but_a_refusal_comes_of_garbage(body: bytes) -> None:
    try:
        data = read_list(body)
    except OperatorError:
        return
    assert all(feed.url.startswith("http") for feed in data.feeds)
