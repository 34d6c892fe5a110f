"""How things look in a terminal."""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from marsad.alert import Alert
from marsad.annotation import AnnotatedArticle, Event, Span, StoryArticle

BUNDLED = 20
"""Stories that were held back, of which an alert shows a line."""
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


def show_alert(alert: Alert) -> str:
    """An alert in a few lines: what, where, when, and why."""
    text = Text()
    text.append(" ALERT ", style="bold white on red")
    text.append(f" {alert.name or alert.rule}", style="bold red")
    text.append(f"  {alert.outlet}, published {local(alert.published)}\n")
    text.append(f"        {alert.title}\n", style="bold")
    for reason in alert.reasons[:2]:
        text.append(f"        because of «{reason.surface}»: ", style="dim")
        text.append_text(_marked(reason.excerpt, reason.surface))
        text.append("\n")
    if alert.further:
        text.append(f"        the story grows: {alert.further} further articles since it was told\n", style="magenta")
    text.append(f"        {alert.url}", style="dim")
    if alert.bundled_count:
        text.append(f"\n        and {alert.bundled_count} more stories, held back until now:", style="bold")
    for other in alert.bundled[:BUNDLED]:
        text.append(f"\n        · {other.outlet}: {other.title}  «{'»، «'.join(other.surfaces)}»")
    if alert.bundled_count > min(BUNDLED, len(alert.bundled)):
        text.append(f"\n        · … all of them: marsad alerts --rule {alert.rule}", style="dim")
    return rendered(text)


def _marked(excerpt: str, surface: str) -> Text:
    text = Text(excerpt)
    text.highlight_words([surface], style="bold yellow")
    return text


def show_article(article: StoryArticle) -> str:
    """One article as it arrives: when, where from, its title, what was found in it, and its story."""
    text = Text()
    text.append(f"{local(article.article.time)}  ", style="dim")
    text.append(f"{article.article.outlet}: ", style="cyan")
    text.append(article.article.title, style="bold")
    if article.membership.relation == "joined":
        similarity = round(100 * (article.membership.similarity or 0))
        text.append(f"\n        joins the story of an earlier article ({similarity} % the same words)", style="magenta")
    if article.membership.relation == "edit":
        text.append("\n        a new version of an article that is known", style="magenta")
    actors = [entity.name for entity in article.annotated.entities if entity.actor or entity.type == "PER"]
    if actors:
        text.append("\n        actors: " + "، ".join(actors), style="dim")
    for event in article.annotated.events:
        text.append("\n        event: " + event_line(article.annotated, event), style="green")
    return rendered(text)


def event_line(annotated: AnnotatedArticle, event: Event) -> str:
    """An event in one line: type, who, whom, where, when."""
    names = {entity.id: entity.name for entity in annotated.entities}

    def called(ids: Iterable[str]) -> str:
        return "، ".join(names.get(one, one) for one in ids) or "?"

    content = annotated.article.content
    anchor = content[event.anchor.start : event.anchor.end]
    kind = f"{event.type}/{event.mode}" if event.mode else event.type
    parts = [f"{kind} «{anchor}»", f"by {called(event.actors)}", f"on {called(event.recipients)}"]
    if event.place:
        parts.append(f"in {called([event.place])}")
    if event.date:
        parts.append(f"date {event.date}")
    if event.dead is not None:
        parts.append(f"dead {event.dead}")
    if event.injured is not None:
        parts.append(f"injured {event.injured}")
    if event.reality != "actual":
        parts.append(event.reality)
    return " · ".join(parts)


def show_annotated(annotated: AnnotatedArticle) -> None:
    """Entities and events of an article as two tables."""
    content = annotated.article.content
    entities = Table("type", "kind", "name", "English", "actor", "mentions", title="Entities", title_justify="left")
    for entity in annotated.entities:
        surfaces = dict.fromkeys(content[span.start : span.end] for span in entity.mentions)
        entities.add_row(
            entity.type,
            entity.kind,
            escape(entity.name),
            escape(entity.english or ""),
            entity.actor or "",
            escape(f"{len(entity.mentions)}: " + "، ".join(surfaces)),
        )
    console = Console(highlight=False, width=None if out.is_terminal else 160)
    console.print(entities if annotated.entities else "No known actor and no name is mentioned.")
    if not annotated.events:
        console.print("No event is told.")
    for number, event in enumerate(annotated.events, 1):
        console.print(f"{number}. {escape(event_line(annotated, event))}", soft_wrap=True)


def highlighted(content: str, spans: Sequence[Span]) -> Text:
    """A piece of text with spans marked; spans may touch and overlap."""
    text = Text(content)
    for span in spans:
        text.stylize("bold black on yellow", span.start, span.end)
    return text
