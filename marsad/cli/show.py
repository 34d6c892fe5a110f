"""How things look in a terminal."""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from indexers.excerpts import excerpt
from marsad.alert import Alert, Reason
from marsad.annotation import AnnotatedArticle, Event, Membership, StoryArticle
from marsad.cli.direction import harmless, inset, inset_text, number_in_arabic

BUNDLED = 20
"""Stories that were held back, of which an alert shows a line."""
REASONS = 2
"""Reasons that an alert shows."""
FEWEST = 20
"""Characters on each side of what an excerpt is about, even where the terminal is narrow."""
INDENT = " " * 8
HIT = "bold black on yellow"
UNKNOWN = "@UNK"
UNNAMED = {
    "@BUS": "businesses",
    "@COP": "police",
    "@CRM": "suspects",
    "@CVL": "civilians",
    "@EDU": "schools",
    "@GOV": "officials",
    "@IMM": "migrants",
    "@JUD": "a court",
    "@LAB": "workers",
    "@LEG": "parliament",
    "@MED": "media",
    "@MIL": "soldiers",
    "@NGO": "aid organisations",
    "@OPP": "the opposition",
    "@PRO": "protesters",
    "@PTY": "a party",
    "@REB": "rebels",
    "@REF": "refugees",
    "@REL": "clergy",
    "@UAF": "armed men",
}
"""Sector codes of the unnamed (docs/annotation.md), for people; programs get the codes."""
out = Console(highlight=False, soft_wrap=True)


def write_line(text: str) -> None:
    """One line for programs, as it is."""
    sys.stdout.write(text + "\n")


def local(time_ms: int) -> str:
    """A time of the clock on the wall of this machine, with the day."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def rendered(text: Text) -> str:
    """A text as the terminal is to get it: with colours where standard output is one."""
    with out.capture() as capture:
        out.print(text, end="")
    return capture.get()


def when_told(time_ms: int) -> str:
    """The same for a message in Arabic."""
    return number_in_arabic(local(time_ms))


def show_alert(alert: Alert) -> str:
    """An alert in a few lines: what, where, when, and why."""
    text = Text()
    text.append(" ALERT ", style="bold white on red")
    text.append(f" {inset(alert.name or alert.rule)}", style="bold red")
    text.append(f"  from {inset(alert.outlet)}, published {local(alert.published)}\n")
    reasons = alert.reasons[:REASONS]
    titled = [reason.surface for reason in reasons if _in_title(reason, alert)]
    text.append(INDENT).append_text(_marked(alert.title, titled, "bold")).append("\n")
    for reason in reasons:
        text.append_text(_because(reason, titled=_in_title(reason, alert)))
    if alert.further:
        text.append(f"{INDENT}the story grows: {alert.further} further articles since it was told\n", style="magenta")
    text.append(f"{INDENT}{alert.url}", style="dim")
    if alert.bundled_count:
        text.append(f"\n{INDENT}and {alert.bundled_count} more stories, held back until now:", style="bold")
    for other in alert.bundled[:BUNDLED]:
        text.append(
            f"\n{INDENT}· {inset(other.outlet)}: {inset(other.title)}, for «{inset('»، «'.join(other.surfaces))}»"
        )
    if alert.bundled_count > min(BUNDLED, len(alert.bundled)):
        text.append(f"\n{INDENT}· … all of them: marsad alerts --rule {alert.rule}", style="dim")
    return rendered(text)


def _in_title(reason: Reason, alert: Alert) -> bool:
    return reason.span.end <= len(alert.title)


def _because(reason: Reason, *, titled: bool) -> Text:
    """One line: the words that met the rule, and the sentence around them where that is not the title."""
    text = (
        Text(INDENT).append("because of ", style="dim").append(f"«{inset(reason.surface)}» ").append("in", style="dim")
    )
    if titled:
        return text.append(" the title\n", style="dim")
    text.append(": ")
    around = reason.excerpt
    start = around.find(reason.surface)
    if out.is_terminal and start >= 0:  # one line of the terminal, as far as that leaves room for a few words
        room = out.width - text.cell_len - len(reason.surface) - 2
        around = excerpt(around, start, start + len(reason.surface), max(room // 2, FEWEST))
    return text.append_text(_marked(around, [reason.surface], "")).append("\n")


def _marked(piece: str, surfaces: Sequence[str], style: str) -> Text:
    text = Text(harmless(piece), style=style)
    text.highlight_words(surfaces, style=HIT)
    return inset_text(text)


def show_article(article: StoryArticle) -> str:
    """One article as it arrives: when, where from, its title, what was found in it, and its story."""
    text = Text()
    text.append(f"{local(article.article.time)}  ", style="dim")
    text.append(f"{inset(article.article.outlet)}: ", style="cyan")
    text.append(inset(article.article.title), style="bold")
    if article.membership.relation == "joined":
        text.append(f"\n{INDENT}joins the story of an earlier article: ", style="magenta")
        text.append(why_joined(article.membership), style="magenta")
    if article.membership.relation == "edit":
        text.append(f"\n{INDENT}a new version of an article that is known", style="magenta")
    actors = [entity.name for entity in article.annotated.entities if entity.actor or entity.type == "PER"]
    if actors:
        text.append(f"\n{INDENT}actors: ", style="dim").append(inset("، ".join(actors)))
    for event in article.annotated.events:
        text.append(f"\n{INDENT}event: {event_line(article.annotated, event)}", style="green")
    return rendered(text)


def why_joined(membership: Membership) -> str:
    """Why an article is in a story, in a few words."""
    percent = round(100 * (membership.similarity or 0))
    match membership.how:
        case "repeat":
            return "word for word the same"
        case "copy":
            return f"a copy, {percent} % the same word sequences"
        case "likeness":
            return f"{percent} % likely the same happening, by {inset('، '.join(membership.shared))}"
        case None:
            return ""


def event_line(annotated: AnnotatedArticle, event: Event) -> str:
    """An event in one line: type, who, whom, where, when; what is unknown is left out."""
    names = {entity.id: entity.name for entity in annotated.entities} | UNNAMED

    def called(ids: Iterable[str]) -> str:
        return inset("، ".join(names.get(one, one) for one in ids if one != UNKNOWN))

    content = annotated.article.content
    anchor = content[event.anchor.start : event.anchor.end]
    kind = f"{event.type}/{event.mode}" if event.mode else event.type
    said = {
        "by": called(event.actors),
        "on": called(event.recipients),
        "in": called([event.place] if event.place else []),
        "date": event.date,
        "dead": event.dead,
        "injured": event.injured,
    }
    parts = [f"{kind} «{inset(anchor)}»"]
    parts += [f"{name} {value}" for name, value in said.items() if value not in ("", None)]
    return " · ".join((*parts, *([event.reality] if event.reality != "actual" else [])))


def show_annotated(annotated: AnnotatedArticle) -> None:
    """Entities and events of an article: the Arabic in the last column, where it cannot be drawn into another."""
    content = annotated.article.content
    columns = ("type", "kind", "actor", "English", "times", "name, and as written")
    entities = Table(*columns, title="Entities", title_justify="left", box=SIMPLE_HEAD)
    for entity in annotated.entities:
        surfaces = dict.fromkeys(content[span.start : span.end] for span in entity.mentions)
        written = "، ".join(surface for surface in surfaces if surface != entity.name)
        entities.add_row(
            entity.type,
            entity.kind,
            entity.actor or "",
            escape(entity.english or ""),
            str(len(entity.mentions)),
            escape(inset(f"{entity.name}: {written}" if written else entity.name)),
        )
    console = Console(highlight=False, width=None if out.is_terminal else 160)
    console.print(entities if annotated.entities else "No known actor and no name is mentioned.")
    if not annotated.events:
        console.print("No event is told.")
    for number, event in enumerate(annotated.events, 1):
        console.print(f"{number}. {escape(event_line(annotated, event))}", soft_wrap=True)
