"""Each feed belongs to one shard, by its host alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.shards import Shard

HOSTS = st.from_regex(r"[a-z]{1,12}\.example", fullmatch=True)


@given(HOSTS, st.integers(1, 20), st.sampled_from(["", "www."]), st.text("abc/", max_size=5))
def test_exactly_one_shard_holds_a_feed_whatever_the_path(host: str, of: int, www: str, path: str) -> None:
    holding = [number for number in range(1, of + 1) if Shard(number, of).holds(f"https://{www}{host}/{path}")]
    assert holding == [Shard(1, of).of_host(f"http://{host}/")]


def test_hosts_are_spread() -> None:
    hosts = [f"https://host{number}.example/rss" for number in range(300)]
    counts = [sum(Shard(number, 3).holds(url) for url in hosts) for number in (1, 2, 3)]
    assert sum(counts) == 300
    assert min(counts) > 70


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "a/b", "1/0"])
def test_what_is_no_shard(text: str) -> None:
    with pytest.raises(ValueError, match=r"invalid literal|first number"):
        Shard.parse(text)
