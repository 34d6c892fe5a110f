"""An article's page to its text; the only module that knows trafilatura. Runs aside: the worst page of 1 MB takes 10 s."""

from typing import Final

from ingest.encoding import decode
from ingest.fulltext import is_its_text
from ingest.text import tidy

LONGEST_PAGE: Final = 2_000_000
"""Characters of HTML that are read."""


def page_text(body: bytes, *, content_type: str, title: str, summary: str) -> str:
    """The text of the article on this page, a line for each paragraph; "" where it is not there or says no more."""
    from trafilatura import bare_extraction  # noqa: PLC0415 - a quarter of a second, and only where pages are read

    source = decode(body, content_type).text[:LONGEST_PAGE]
    if "<" not in source:
        return ""
    found = bare_extraction(source, include_comments=False, include_tables=False, with_metadata=False)
    text = tidy(getattr(found, "text", None) or "")
    return text if is_its_text(text, title, summary) else ""
