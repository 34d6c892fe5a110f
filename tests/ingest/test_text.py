import time

import pytest

from ingest.text import html_to_text, one_line, tidy


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>أولى</p><p>ثانية</p>", "أولى\nثانية"),
        ("أول<br>ثان<BR/>ثالث", "أول\nثان\nثالث"),
        ("كلمة <b>غا</b>مقة\nفي  سطر", "كلمة غامقة في سطر"),
        ("5 < 6 &amp; 7 > 2", "5 < 6 & 7 > 2"),
        ('قبل<img alt="a > b" src=x>بعد', "قبلبعد"),
        ('قبل<a title="غير مغلق>نص</a>', "قبلنص"),
        ("<script>var a = '</p>' < 3</script>نص", "نص"),
        ("<script/>نص<style>p{}</style>", "نص"),
        ("نص<script>بلا نهاية", "نص"),
        ("أ<!-- <p>سر</p> -->ب<!-- بلا نهاية", "أب"),
        ("<![CDATA[نص]]>", "نص"),
        ("&lt;b&gt;", "<b>"),
        ("<ul><li>أ</li><li>ب</li></ul>", "أ\nب"),
        ("", ""),
    ],
)
def test_html_becomes_the_lines_that_a_reader_sees(source: str, expected: str) -> None:
    assert html_to_text(source) == expected


@pytest.mark.parametrize(
    "piece", ["<", "<a", "<!", "<!--", "</", '<a b="', "<a x=y ", "&", "<script>", "<![CDATA[", "<a '\""]
)
def test_hostile_html_is_read_in_time_that_grows_with_its_length(piece: str) -> None:
    began = time.process_time()
    html_to_text(piece * (500_000 // len(piece)))
    assert time.process_time() - began < 5  # 0.1 s; the standard library's parser takes minutes


def test_a_title_is_one_line_and_bounded() -> None:
    assert one_line(" <p>أ</p>\n<p>ب</p>\u2028ج ", 10) == "أ ب ج"
    assert one_line("ابجد هوز", 5) == "ابجد"


def test_plain_text_keeps_its_lines() -> None:
    assert tidy(" أ   ب \r\n\r\n ج\x00 ") == "أ ب\nج"
