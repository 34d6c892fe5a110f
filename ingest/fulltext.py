"""Which articles want the text of their page, and whether what a page gave is that text.

Pure. Many feeds bring a summary, or the beginning of a text that ends in «…». A page's text is taken where it says more and
speaks of the same; a page may as well be a cookie notice, a paywall, or the site's front page.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from ingest.decide import PollIntent
from ingest.tables import rows
from ingest.urls import host_of
from marsad.arabic.tokens import terms
from marsad.article import Article, capped

SHORT: Final = 500
"""A text of fewer characters is a summary, at least as likely as not."""
MOST_INITIAL: Final = 5
"""Pages of articles that a feed's first poll brought: two hundred new feeds with twenty each would take the whole first hour."""
LAST_LINES: Final = 2
"""Lines at the end of a text that may say that it is cut: the last is often the outlet's own («The post … appeared first on …»)."""
LEAST_SHARED: Final = 0.4
"""Share of the words of title and summary that the text of the page must have."""
LEAST_GAIN: Final = 1.2
"""Times the feed's text that the page's must be long at least."""
LONGEST_READ: Final = 20_000
"""Characters of a page's text that are looked at for the words."""

CUT: Final = re.compile(
    "(?:" + "|".join(re.escape(mark) for (mark,) in rows("cuts.tsv")) + r")[\s.…»>«<:]*$", re.IGNORECASE
)


def wanted(articles: Iterable[Article], most: int) -> list[Article]:
    """The articles whose pages are fetched, at most so many, the last published first."""
    short = sorted(filter(wants_page, articles), key=lambda article: -article.time)
    initial = [article.id for article in short if article.initial]
    return [article for article in short if article.id not in initial[MOST_INITIAL:]][:most]


def wants_page(article: Article) -> bool:
    """Whether the feed is likely to have brought less than the article."""
    return bool(host_of(article.url)) and (len(article.text) < SHORT or is_cut(article.text))


def is_cut(text: str) -> bool:
    """Whether the text says that it goes on elsewhere."""
    return any(CUT.search(line) for line in text.splitlines()[-LAST_LINES:])


def is_its_text(found: str, title: str, summary: str) -> bool:
    """Whether the text found on a page is that of the article with this title and summary, and says more."""
    if len(found) < LEAST_GAIN * len(summary):
        return False
    words = {word for word in terms(f"{title}\n{summary}"[:LONGEST_READ]) if len(word) > 2}  # noqa: PLR2004 - «في», «من»
    shared = words & set(terms(found[:LONGEST_READ]))
    return bool(words) and len(shared) >= LEAST_SHARED * len(words)


def with_texts(intent: PollIntent, texts: Mapping[str, str]) -> PollIntent:
    """The intent with the texts of these article ids in place of the feed's.

    What is remembered of an entry is the digest of what the feed says, so a page that changes makes no edit.
    """
    return msgspec.structs.replace(
        intent, articles=tuple(_with(article, texts.get(article.id, "")) for article in intent.articles)
    )


def _with(article: Article, text: str) -> Article:
    if not text:
        return article
    kept, truncated = capped(text)
    return msgspec.structs.replace(article, text=kept, truncated=truncated)
