"""Ids, months and sizes of articles."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marsad.article import TEXT_LIMIT, article_id, capped, digest, month_of, plausible_time

FETCHED = int(datetime(2026, 11, 28, 12, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (("f", "http://a/1", "http://x"), ("g", "http://a/1", "http://y"), True),
        (("f", "7", "http://x"), ("f", "7", "http://y"), True),
        (("f", "7", "http://x"), ("g", "7", "http://x"), False),
        (("f", "", "http://x"), ("g", "", "http://x"), True),
        (("f", "", "http://x"), ("f", "", "http://y"), False),
        (("ab", "c", ""), ("a", "bc", ""), False),
    ],
)
def test_an_id_comes_from_guid_url_then_feed_and_guid_then_url(
    first: tuple[str, str, str], second: tuple[str, str, str], *, same: bool
) -> None:
    ids = [article_id(feed_id=feed, guid=guid, url=url) for feed, guid, url in (first, second)]
    assert (ids[0] == ids[1]) == same
    assert all(len(one) == 32 and int(one, 16) >= 0 for one in ids)


@pytest.mark.parametrize(
    ("published", "month"),
    [
        (datetime(2026, 11, 1, 0, 30, tzinfo=timezone(timedelta(hours=3))), "2026-10"),
        (datetime(2016, 12, 1, tzinfo=UTC), "2016-12"),
        (datetime(2016, 1, 1, tzinfo=UTC), "2026-11"),
        (datetime(2026, 11, 29, tzinfo=UTC), "2026-11"),
        (datetime(2026, 12, 1, tzinfo=UTC), "2026-11"),
        (datetime(1970, 1, 1, tzinfo=UTC), "2026-11"),
        (None, "2026-11"),
    ],
)
def test_the_month_is_that_of_a_plausible_publication_else_of_the_fetch(published: datetime | None, month: str) -> None:
    assert month_of(published, FETCHED) == month


def test_a_date_that_cannot_be_is_replaced_by_the_fetch() -> None:
    assert plausible_time(datetime(2030, 1, 1, tzinfo=UTC), FETCHED) == FETCHED
    hour_ago = datetime.fromtimestamp(FETCHED / 1000, UTC) - timedelta(hours=1)
    assert plausible_time(hour_ago, FETCHED) == FETCHED - 3_600_000


@given(st.text(alphabet="شaé😀", min_size=0, max_size=50), st.integers(0, 3))
def test_a_text_is_cut_between_characters(text: str, extra: int) -> None:
    long = "a" * (TEXT_LIMIT - extra) + text
    cut, truncated = capped(long)
    assert len(cut.encode()) <= TEXT_LIMIT
    assert long.startswith(cut)
    assert truncated == (cut != long)
    assert len(cut.encode()) > TEXT_LIMIT - 4 or not truncated


def test_the_digest_keeps_its_parts_apart() -> None:
    assert digest("a", "b") != digest("ab") != digest("a", "b", "")
