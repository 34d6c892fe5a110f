"""`marsad alerts`: the last alerts, with the reason and what became of each."""

import json
from pathlib import Path

from rich.text import Text

from indexers.alerts import state
from indexers.alerts.listing import Listed, latest, rules_seen
from marsad.cli.direction import inset
from marsad.cli.parts import load, open_state
from marsad.cli.show import local, out, write_line
from marsad.cli.wording import fate, listed_as_object


def list_alerts(config: Path | None, data: Path | None, *, rule: str | None, limit: int, as_json: bool) -> None:
    """Print them, the newest first."""
    file = open_state(load(config, data).settings, writable=False)
    try:
        file.install(state.SCHEMA)
        found = latest(file, limit, rule)
        known = rules_seen(file)
    finally:
        file.close()
    for one in found:
        if as_json:
            write_line(json.dumps(listed_as_object(one), ensure_ascii=False))
        else:
            out.print(_lines(one))
    if not found and not as_json:
        out.print(_nothing(rule, known), markup=False)


def _nothing(rule: str | None, known: list[str]) -> str:
    if not known:
        return (
            "There are no alerts yet: no rule has been in force here. «marsad run» puts those of alerts.toml in force."
        )
    if rule is None:
        return (
            f"There are no alerts yet; {len(known)} rules watch. «marsad why RULE ARTICLE» says why one did not fire."
        )
    if rule not in known:
        return f"No rule «{rule}» was ever in force here; there are: {', '.join(known)}."
    return f"Rule «{rule}» has given no alert yet. «marsad why {rule} ARTICLE» says why it did not fire."


def _lines(listed: Listed) -> Text:
    alert = listed.alert
    text = Text().append(f"{local(alert.released or alert.decided)}  ", style="dim")
    text.append(f"{inset(alert.name or alert.rule)}  ", style="bold red")
    text.append(f"{inset(alert.outlet)}: ", style="cyan")
    text.append(inset(alert.title), style="bold")
    for reason in alert.reasons[:1]:
        text.append(
            f"\n        because of «{inset(reason.surface)}» for «{inset(reason.term)}» of rule {alert.rule}, in: "
        )
        text.append(inset(reason.excerpt))
    grown = f"told again, {alert.further} further articles · " if alert.telling > 1 else ""
    along = f"brings {alert.bundled_count} along that were held back · " if alert.bundled_count else ""
    listed_under = f"{listed.listed} further articles of the story · " if listed.listed else ""
    text.append(f"\n        {grown}{along}{listed_under}{fate(listed)}", style="dim")
    text.append(f"\n        {alert.url}  {alert.article[:12]}", style="dim")
    return text
