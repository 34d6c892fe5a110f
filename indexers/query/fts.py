"""A query as an FTS5 expression over the columns `title`, `body` and `marks` of `sqlitestore`.

Source of the syntax: SQLite's documentation of FTS5, section 3. A spelling becomes a choice of phrases, one for each written
form of its first word. No token of a text is a mark and no phrase runs across columns, so only `title:` names its column.
"""

from indexers.query.ast import ActorTerm, And, Marked, Or, Query, Spelling
from indexers.query.marks import mark
from marsad.arabic.clitics import forms, with_proclitics


def expression(query: Query) -> str:
    """The expression that finds what the query finds."""
    match query:
        case And(must, must_not):
            found = " AND ".join(expression(part) for part in must)
            excluded = "".join(f" NOT {expression(part)}" for part in must_not)
            return f"(({found}){excluded})"
        case Or(parts):
            return "(" + " OR ".join(expression(part) for part in parts) + ")"
        case ActorTerm() | Marked():
            return f'"{mark(query)}"'
        case Spelling(words, _, _, in_title):
            phrases = (" ".join((first, *words[1:])) for first in written_forms(query))
            column = "title : " if in_title else ""
            return f"({column}(" + " OR ".join(f'"{phrase}"' for phrase in phrases) + "))"


def written_forms(spelling: Spelling) -> list[str]:
    """The written forms of a spelling's first word, in a fixed order."""
    first = spelling.words[0]
    match spelling.attached:
        case "forms":
            return sorted(forms(first))
        case "proclitics":
            return sorted(with_proclitics(first))
        case "nothing":
            return [first]
