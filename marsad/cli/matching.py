"""`marsad match`: the decision that a live rule would take, without a store."""

import json
from collections.abc import Sequence
from pathlib import Path

from indexers.query.live import Matcher
from indexers.query.parse import parse
from marsad.cli.documents import read_documents
from marsad.cli.parts import catalogue_of, load
from marsad.cli.show import write_line
from processors.annotate import Annotator


def match_lines(config: Path | None, query: str, files: Sequence[Path]) -> int:
    """Write a line for each document; exit code 0 whatever was decided."""
    catalogue = catalogue_of(load(config).config)
    annotate = Annotator(catalogue)
    matcher = Matcher({"query": parse(query, catalogue)})
    for article in read_documents(files):
        hits = matcher.match(annotate(article)).get("query")
        spans = [
            {
                "start": hit.span.start,
                "end": hit.span.end,
                "surface": article.content[hit.span.start : hit.span.end],
                "form": hit.form,
            }
            for hit in hits or ()
        ]
        write_line(json.dumps({"id": article.id, "matched": hits is not None, "spans": spans}, ensure_ascii=False))
    return 0
