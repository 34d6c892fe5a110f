"""The words of the demo: what it is going to show, what came of it, and what to type next."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from rich.text import Text

from marsad.cli.direction import inset

NOT_TAKEN = {"قصد": "he meant", "القسدير": "tin", "بحماس كبير": "with great zeal"}
"""Words of the demo that look like names it watches for, with what they mean."""


class Happened(NamedTuple):
    """Counts of a demo that went as it should."""

    articles: int
    outlets: int
    stories: int
    alerts: int
    requests: int
    not_modified: int


def welcome(outlets: int, articles: int, address: str, queries: Sequence[str], directory: Path) -> Text:
    """What it is going to show."""
    *others, last = (f"for «{inset(query)}»" for query in queries)
    watching = f"{', one '.join(others)} and one {last}" if others else last
    text = Text().append("marsad مرصد: a demo\n", style="bold")
    text.append(
        f"{outlets} invented outlets publish {articles} articles at {address}. marsad polls them, finds\n"
        "actors and events, joins the reports of one happening into a story, and tells once, with the reason,\n"
        f"what its rules watch for: one watches {watching}.\n"
    )
    return text.append(f"Data: {directory}\n", style="dim")


def conclusion(happened: Happened) -> Text:
    """What came of it; no two pieces of Arabic without an English word between them."""
    text = Text().append("\nAll of it happened\n", style="bold green")
    *others, last = (f"«{inset(word)}», {meaning}" for word, meaning in NOT_TAKEN.items())
    for line in (
        f"{happened.articles} articles of {happened.outlets} outlets are stored and searchable, in {happened.stories} stories",
        f"{happened.alerts} alerts were told once each: not their copies, and no old news",
        f"what only looks like a name was not told: {'; '.join(others)}; and {last}",
    ):
        text.append("  ✓ ", style="green").append(f"{line}\n")
    polled = f"{happened.requests} requests were made, {happened.not_modified} were answered «not modified»"
    return text.append(f"    {polled}", style="dim")


def next_steps(directory: Path | None, *, going_on: bool) -> Text:
    """What to type now; `directory` is where what was stored is still to be found."""
    text = Text().append("\nWhat to type next", style="bold")
    text.append(", in another terminal, while this goes on (Ctrl-C ends it)" if going_on else "")
    commands = _commands(directory)
    room = max(map(len, commands)) + 2
    for command, meaning in commands.items():
        text.append(f"\n  {command}", style="cyan").append(f"{' ' * (room - len(command))}{meaning}")
    return text


def _commands(directory: Path | None) -> Mapping[str, str]:
    everywhere = {
        "marsad rules forms قسد": "every way to write it that a rule knows",
        "marsad run": "all this with some two hundred Arabic news feeds",
    }
    if directory is None:
        return {"marsad demo --once --data DIR": "the same, and what was stored stays in DIR", **everywhere}
    return {
        f"marsad search 'داعش OR قسد' --data {directory}": "what was stored, searched",
        f"marsad stories --data {directory}": "which articles are together, and why",
        f"marsad alerts --data {directory}": "what was told, and why",
        **everywhere,
    }
