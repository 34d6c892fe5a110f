import msgspec
import pytest

from ingest.decide import FeedState, PollIntent
from ingest.extract import page_text
from ingest.fulltext import SHORT, is_cut, is_its_text, wanted, with_texts
from marsad.article import TEXT_LIMIT, Article
from tests.ingest.pages import BODY, SUMMARY, TITLE, page

LONG = "وصلت القافلة إلى المدينة. " * 30


def article(number: int = 1, *, text: str = SUMMARY, url: str = "https://khabar.example/1", hour: int = 0) -> Article:
    return Article(
        id=f"a{number}",
        version=1,
        first_seen=hour * 3_600_000,
        feed_id="f",
        feed_url="https://khabar.example/rss",
        outlet="قناة",
        guid=str(number),
        url=url,
        title=TITLE,
        text=text,
        published=None,
        updated=None,
        month="2024-05",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("وصلت القافلة أمس …", True),
        ("وصلت القافلة أمس...", True),
        ("وصلت القافلة أمس [...]", True),
        ("وصلت القافلة أمس […]\nظهرت المقالة أولا على الموقع", True),
        ("وصلت القافلة أمس. اقرأ المزيد »", True),
        ("وصلت القافلة أمس\nللمزيد:", True),
        ("It came yesterday. READ MORE", True),
        ("وصلت القافلة أمس.", False),
        ("قال… ثم سكت.", False),
        ("", False),
    ],
)
def test_a_text_says_that_it_goes_on_elsewhere(text: str, *, expected: bool) -> None:
    assert is_cut(text) == expected


def test_pages_are_wanted_of_short_and_cut_texts_with_an_address_the_last_published_first() -> None:
    articles = [
        article(1, hour=1),
        article(2, text=LONG, hour=2),
        article(3, text=f"{LONG}…", hour=3),
        article(4, text="", hour=4),
        article(5, url="", hour=5),
        article(6, text="ن" * SHORT, hour=6),
    ]
    assert [one.id for one in wanted(articles, 10)] == ["a4", "a3", "a1"]
    assert [one.id for one in wanted(articles, 2)] == ["a4", "a3"]
    assert wanted(articles, 0) == []


def test_of_what_a_first_poll_brings_few_pages_are_wanted() -> None:
    first = [msgspec.structs.replace(article(number, hour=number), initial=True) for number in range(9)]
    news = [article(9, hour=0)]
    assert [one.id for one in wanted([*first, *news], 20)] == ["a8", "a7", "a6", "a5", "a4", "a9"]


@pytest.mark.parametrize(
    ("found", "title", "summary", "expected"),
    [
        (BODY, TITLE, SUMMARY, True),
        (BODY, TITLE, "", True),
        (BODY, "", SUMMARY, True),
        (BODY, "", "", False),
        (SUMMARY, TITLE, SUMMARY, False),
        ("يستخدم هذا الموقع ملفات تعريف الارتباط لتحسين تجربتك. " * 20, TITLE, SUMMARY, False),
        ("", TITLE, SUMMARY, False),
    ],
    ids=["its text", "no summary", "no title", "nothing to know it by", "no more", "a cookie notice", "nothing"],
)
def test_a_text_is_taken_where_it_speaks_of_the_same_and_says_more(
    found: str, title: str, summary: str, *, expected: bool
) -> None:
    assert is_its_text(found, title, summary) == expected


def test_texts_go_into_the_articles_they_belong_to_and_are_capped() -> None:
    intent = PollIntent(feed=FeedState(id="f", url="u"), articles=(article(1), article(2), article(3)))
    after = with_texts(intent, {"a1": BODY, "a3": "ن" * TEXT_LIMIT, "other": "x"})
    assert [one.text for one in after.articles[:2]] == [BODY, SUMMARY]
    assert (after.articles[2].truncated, len(after.articles[2].text.encode())) == (True, TEXT_LIMIT)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (page().encode(), "text/html; charset=utf-8"),
        (page().encode("cp1256"), "text/html; charset=windows-1256"),
        (page(head='<meta charset="windows-1256">').encode("cp1256"), "text/html"),
        (
            page(head='<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-6">').encode("iso-8859-6"),
            "",
        ),
    ],
)
def test_the_text_of_an_article_is_found_on_its_page(body: bytes, content_type: str) -> None:
    text = page_text(body, content_type=content_type, title=TITLE, summary=SUMMARY)
    for paragraph in BODY.splitlines():
        assert paragraph in text
    assert "وظائف" not in text
    assert "حقوق" not in text


@pytest.mark.parametrize(
    "body", [b"", b"%PDF-1.4", b"\0\0\0", b"<", b"<html></html>", page(body="صفحة أخرى تماما. " * 40).encode()]
)
def test_what_is_no_page_of_the_article_gives_nothing(body: bytes) -> None:
    assert page_text(body, content_type="text/html", title=TITLE, summary=SUMMARY) == ""
