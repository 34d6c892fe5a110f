from datetime import datetime, timedelta, timezone

import pytest

from ingest.parse import LONGEST_TITLE, MOST_ENTRIES, EntryData, FeedData, parse
from tests.ingest.documents import ATOM, CDATA, RSS1, item, rss

FEED = "https://khabar.example/rss"
DATED = item("عاجل", guid="1", text="اندلعت الاشتباكات", date="Wed, 01 May 2024 09:30:00 +0300")


def parsed(document: str | bytes, content_type: str = "text/xml") -> FeedData:
    body = document.encode() if isinstance(document, str) else document
    return parse(body, content_type=content_type, feed_url=FEED)


def only(document: str | bytes, content_type: str = "text/xml") -> EntryData:
    (entry,) = parsed(document, content_type).entries
    return entry


def at(hours: int, *moment: int) -> datetime:
    year, month, day, hour, minute = moment
    return datetime(year, month, day, hour, minute, tzinfo=timezone(timedelta(hours=hours)))


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            rss(
                [
                    item(
                        "عاجل",
                        guid="1",
                        link="/n/1?utm_source=rss",
                        text="<p>نص</p>",
                        date="Wed, 1 May 2024 09:30:00 +0300",
                    )
                ]
            ),
            EntryData(
                guid="1",
                link="/n/1?utm_source=rss",
                url="https://khabar.example/n/1",
                title="عاجل",
                text="نص",
                published=at(3, 2024, 5, 1, 9, 30),
                updated=None,
            ),
        ),
        (
            RSS1,
            EntryData(
                guid="https://khabar.example/1",
                link="https://khabar.example/1",
                url="https://khabar.example/1",
                title="قصف على المدينة",
                text="سقط جرحى في قصف.",
                published=at(3, 2024, 5, 1, 9, 30),
                updated=at(3, 2024, 5, 1, 9, 30),
            ),
        ),
        (
            ATOM,
            EntryData(
                guid="tag:khabar.example,2024:7",
                link="/n/7",
                url="https://khabar.example/n/7",
                title="محادثات جديدة",
                text="بدأت المحادثات.\nوتستمر غدا.",
                published=at(2, 2024, 5, 1, 9, 30),
                updated=at(0, 2024, 5, 1, 10, 0),
            ),
        ),
        (CDATA, EntryData("77", "", "", 'عاجل: انفجار "كبير"', "فقرة أولى\nسطر\nثانية", None, None)),
    ],
    ids=["RSS 2.0", "RSS 1.0", "Atom", "CDATA"],
)
def test_every_dialect_gives_the_same_kind_of_entry(document: str, expected: EntryData) -> None:
    data = parsed(document)
    assert data.entries == (expected,)
    assert data.problem is None
    dates = [entry.published.utcoffset() for entry in data.entries if entry.published]
    assert dates == ([expected.published.utcoffset()] if expected.published else [])


@pytest.mark.parametrize(
    ("written", "declared", "content_type", "problem"),
    [
        ("utf-8", "utf-8", "text/xml", None),
        ("utf-8", "windows-1256", "text/xml; charset=iso-8859-1", None),
        ("utf-8-sig", "utf-8", "application/rss+xml", None),
        ("utf-16", "utf-16", "application/xml", None),
        ("cp1256", "windows-1256", "text/xml", None),
        ("cp1256", "utf-8", "text/xml; charset=windows-1256", None),
        ("iso-8859-6", "iso-8859-6", "text/xml", None),
        ("cp1256", "utf-8", "text/xml; charset=utf-8", "read as windows-1256"),
        ("cp1256", "punycode", "text/xml; charset=unicode_escape", "read as windows-1256"),
    ],
)
def test_text_is_read_whatever_its_encoding_is_called(
    written: str, declared: str, content_type: str, problem: str | None
) -> None:
    data = parsed(rss([DATED], encoding=declared).encode(written), content_type)
    assert [(entry.title, entry.text) for entry in data.entries] == [("عاجل", "اندلعت الاشتباكات")]
    assert data.title == "قناة الخبر"
    assert (data.problem or "").endswith(problem or "")
    assert bool(data.problem) == bool(problem)


def test_a_few_broken_bytes_do_not_make_utf_8_another_encoding() -> None:
    data = parsed(rss([DATED]).encode().replace("الاشتباكات".encode(), "الاشتباكات".encode() + b"\xd8"))
    assert data.entries[0].text == "اندلعت الاشتباكات\ufffd"
    assert "broken utf-8 at byte" in (data.problem or "")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Wed, 01 May 2024 09:30:00 GMT+3", at(3, 2024, 5, 1, 9, 30)),
        ("Wed, 01 May 2024 09:30:00 EET", at(2, 2024, 5, 1, 9, 30)),
        ("Wed, 01 May 2024 09:30:00 -0000", at(0, 2024, 5, 1, 9, 30)),
        ("2024-05-01 09:30:00 +0300", at(3, 2024, 5, 1, 9, 30)),
        ("2024-05-01 09:30", at(0, 2024, 5, 1, 9, 30)),
        ("2024-05-01 09:30:00 UTC", at(0, 2024, 5, 1, 9, 30)),
        ("2024-05-01T09:30:00.25+03:00", at(3, 2024, 5, 1, 9, 30).replace(microsecond=250_000)),
        ("2024-05-01", at(0, 2024, 5, 1, 0, 0)),
        ("الأربعاء، 1 مايو 2024 09:30", at(0, 2024, 5, 1, 9, 30)),
        ("الأربعاء 1 أيار/مايو 2024، الساعة 09:30 +0300", at(3, 2024, 5, 1, 9, 30)),
        ("الأربعاء, 01 ايار 2024 09:30 م", at(0, 2024, 5, 1, 21, 30)),
        ("٣ كانون الثاني ٢٠٢٤", at(0, 2024, 1, 3, 0, 0)),
        ("12 غشت 2024 12:05 صباحا", at(0, 2024, 8, 12, 0, 5)),
        ("31 جويلية, 2024 - 14:00:30 GMT", at(0, 2024, 7, 31, 14, 0).replace(second=30)),
        ("الأربعاء 1 مايو", None),
        ("99 مايو 2024 09:30", None),
        ("٢٠٢٤-٠٥-٠١ ٠٩:٣٠ +٠٣٠٠", at(3, 2024, 5, 1, 9, 30)),
        ("Wed, 45 Foo 2024 99:99:99 +9999", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("1" * 100_000, None),
    ],
)
def test_dates_keep_their_offset_and_unreadable_ones_are_none(written: str, expected: datetime | None) -> None:
    published = only(rss([item("خبر", guid="1", date=written)])).published
    assert published == expected
    assert (published and published.utcoffset()) == (expected and expected.utcoffset())


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("", "the document is empty"),
        ("<!DOCTYPE html><html><body>مرحبا</body></html>", "this is an HTML page and not a feed"),
        ("<!-- a --><!-- b --><html></html>", "this is an HTML page and not a feed"),
        ('{"error": 1}', "this is neither RSS nor Atom; not well-formed XML"),
        ("<urlset></urlset>", "this is neither RSS nor Atom"),
        ("/etc/passwd", "this is neither RSS nor Atom"),
        ("http://127.0.0.1/", "this is neither RSS nor Atom"),
    ],
)
def test_what_is_no_feed_has_no_entries_and_says_why(document: str, problem: str) -> None:
    data = parsed(document)
    assert data.entries == ()
    assert (data.problem or "").startswith(problem)


def test_of_a_truncated_document_the_entries_before_the_cut_are_read() -> None:
    whole = rss([item("الأول", guid="1", text="نص"), item("الثاني", guid="2", text="نص طويل")])
    data = parsed(whole[: whole.index("طويل")])
    assert data.entries[0].title == "الأول"
    assert "not well-formed XML" in (data.problem or "")


def test_an_empty_feed_is_no_problem() -> None:
    assert parsed(rss([])) == FeedData("قناة الخبر", (), None)


def test_html_entities_that_xml_does_not_know_are_resolved() -> None:
    data = parsed('<rss version="2.0"><channel><item><title>أ&nbsp;ب &eacute;</title></item></channel></rss>')
    assert (data.entries[0].title, data.problem) == ("أ ب é", None)


def test_external_entities_are_not_loaded_and_bombs_do_not_grow() -> None:
    external = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    assert only(external + rss([item("أ", guid="1")]).split("\n")[1].replace("أ", "أ&x;")).title == "أ&x;"
    levels = "".join(
        f'<!ENTITY {big} "{f"&{small};" * 10}">' for small, big in zip("abcdefgh", "bcdefghi", strict=True)
    )
    bomb = f'<!DOCTYPE r [<!ENTITY a "lol">{levels}]><rss version="2.0"><channel><item><title>&i;</title></item></channel></rss>'
    assert len(only(bomb).title) < 10


def test_one_bad_entry_leaves_the_others_whole_and_is_counted() -> None:
    data = parsed(rss([item("قبل", guid="1"), "<item><guid>x</guid></item>", "<item/>", item("بعد", guid="2")]))
    assert [entry.title for entry in data.entries] == ["قبل", "بعد"]
    assert data.problem == "entries without title and text, or unreadable: 2"


def test_what_is_said_is_bounded() -> None:
    data = parsed(rss([item("ط" * 5_000, guid="g" * 5_000), *(item("خ", guid=str(n)) for n in range(MOST_ENTRIES))]))
    assert len(data.entries[0].title) == LONGEST_TITLE
    assert len(data.entries[0].guid) < 50
    assert len(data.entries) == MOST_ENTRIES
    assert data.problem == f"only the first {MOST_ENTRIES} of {MOST_ENTRIES + 1} entries are read"


def test_entries_without_guid_and_link_are_known_by_their_content() -> None:
    first, second = parsed(rss([item("الأول"), item("الثاني")])).entries
    assert first.guid.startswith("content:")
    assert first.guid != second.guid


def test_a_link_that_several_entries_without_guid_share_names_none_of_them() -> None:
    home = "https://khabar.example/"
    data = parsed(rss([item("الأول", link=home), item("الثاني", link=home), item("الثالث", link=home + "3")]))
    assert [entry.guid[:8] for entry in data.entries] == ["content:", "content:", ""]


def test_a_guid_that_is_no_address_gives_no_link_and_stays_as_written() -> None:
    entry = only(rss([item("خبر", guid="12345")]))
    assert (entry.guid, entry.url) == ("12345", "")


def test_characters_that_nobody_can_read_are_left_out() -> None:
    entry = only(rss([item("أ&#x1;ب", guid="1", text="<p>ا&#xD800;ب&#0;ج</p>")]))
    assert (entry.title, entry.text) == ("أب", "ا\ufffdب\ufffdج")
    entry.text.encode()
