"""A query as an FTS5 expression over the columns of `sqlitestore`.

Source of the syntax: SQLite's documentation of FTS5, section 3. A spelling becomes a choice of phrases, one for each written
form of its first word; an actor is a token of its own in the column `marks`.
"""

from indexers.query.ast import ActorTerm, And, Or, Query, Spelling
from marsad.arabic.clitics import forms, with_proclitics

TEXT_COLUMNS = "{title body}"


def actor_mark(actor: str) -> str:
    """The token of an actor in the column `marks`: hex, so that no character of an id is lost to the tokenizer."""
    return "actor" + actor.encode().hex()


def expression(query: Query) -> str:
    """The expression that finds what the query finds."""
    match query:
        case And(must, must_not):
            found = " AND ".join(expression(part) for part in must)
            excluded = "".join(f" NOT {expression(part)}" for part in must_not)
            return f"(({found}){excluded})"
        case Or(parts):
            return "(" + " OR ".join(expression(part) for part in parts) + ")"
        case ActorTerm(actor, _):
            return f'(marks : "{actor_mark(actor)}")'
        case Spelling(words, _, _):
            phrases = (" ".join((first, *words[1:])) for first in written_forms(query))
            return f"({TEXT_COLUMNS} : (" + " OR ".join(f'"{phrase}"' for phrase in phrases) + "))"


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
