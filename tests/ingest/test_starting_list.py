"""The list of feeds that ships."""

from collections import Counter
from urllib.parse import urlsplit

from ingest.lists import read_list
from ingest.urls import twin_key
from marsad.config import Config


def test_every_line_is_a_feed_with_a_name_of_its_own_and_none_is_there_twice() -> None:
    data = read_list(Config().file("feeds.tsv").read_bytes())
    assert data.problems == ()
    assert len(data.feeds) > 200
    assert Counter(feed.title for feed in data.feeds).most_common(1)[0][1] == 1
    assert all(feed.title for feed in data.feeds)
    assert Counter(twin_key(feed.url) for feed in data.feeds).most_common(1)[0][1] == 1
    assert Counter(urlsplit(feed.url).hostname for feed in data.feeds).most_common(1)[0][1] <= 4
