"""`marsad replay`: dead letters, or a stretch of articles, into the log again; what receivers refused, into the outbox."""

import itertools
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from rich.progress import track

from indexers.alerts import state as alert_state
from indexers.alerts.resend import Refused, offer_again, refused_notifications
from marsad.cli.durations import moment
from marsad.cli.parts import load, open_state
from marsad.cli.reading import message_log
from marsad.cli.show import local, out, write_line
from marsad.clock import now_ms
from marsad.message import Message, Record
from marsad.replay import SCHEMA, SLICE, Letter, ends, newest, replay_letters, waiting_letters
from marsad.settings import Settings
from marsad.statefile import StateFile
from marsad.topics import ARTICLES

SHOWN = 120
"""Characters of a source that are shown."""


def dead_letters(config: Path | None, data: Path | None, *, stage: str, dry_run: bool, as_json: bool) -> int:
    """Replay the dead letters, of one stage where it is named; with `dry_run` only show them."""
    settings = load(config, data).settings
    in_cluster = settings.mode == "cluster"
    with _opened(settings, create=in_cluster) as file, message_log(settings) as log:
        letters = [one for one in waiting_letters(file, log) if stage in ("", one.letter.stage)]
        for one in letters:
            _show(one, as_json=as_json)
        if not letters:
            _say("There are no dead letters that wait.", as_json=as_json)
        elif dry_run:
            _say(f"{len(letters)} dead letters wait; without --dry-run they are replayed.", as_json=as_json)
        else:
            slices = [letters[at : at + SLICE] for at in range(0, len(letters), SLICE)]
            count = sum(replay_letters(file, part, log if in_cluster else None) for part in slices)
            _say(f"{count} of {len(letters)} dead letters are in the log again.", as_json=as_json)
            return 0 if count == len(letters) else 1
    return 0


def articles(config: Path | None, data: Path | None, *, since: str, until: str, as_json: bool) -> int:
    """Append the newest version of each article that came in between two times again: it is annotated and indexed anew."""
    now = now_ms()
    with message_log(load(config, data).settings, writable=True) as log:
        start = log.positions_at(ARTICLES.name, moment(since, now, "--since"))
        end = log.positions_at(ARTICLES.name, moment(until, now, "--until")) if until else ends(log, ARTICLES)
        messages = newest(log, ARTICLES, start, end)
        count = 0
        for part in track(_slices(messages), "replaying", transient=True, disable=as_json):
            log.append(ARTICLES.name, [Record(message.key, message.value) for message in part])
            count += len(part)
        _say(f"{count} articles are in the log again; a running marsad annotates them anew.", as_json=as_json)
        if as_json:
            write_line(json.dumps({"replayed": count}))
    return 0


def _slices(messages: Iterator[Message]) -> Iterator[list[Message]]:
    while part := list(itertools.islice(messages, SLICE)):
        yield part


def notifications(config: Path | None, data: Path | None, *, receiver: str, dry_run: bool, as_json: bool) -> int:
    """Offer again what a receiver refused for good, or all of them where none is named; with `dry_run` only show it."""
    found = offered = after = 0
    with _opened(load(config, data).settings) as file:
        file.install(alert_state.SCHEMA)
        while part := refused_notifications(file, receiver, after=after, limit=SLICE):
            for _, one in part:
                _show_refused(one, as_json=as_json)
            after = part[-1][0]
            found += len(part)
            offered += 0 if dry_run else offer_again(file, [one for _, one in part])
    if not found:
        by = f" by «{receiver}»" if receiver else ""
        _say(f"Nothing was refused for good{by}.", as_json=as_json)
    elif dry_run:
        _say(f"{found} notifications were refused for good; without --dry-run they are offered again.", as_json=as_json)
    else:
        _say(f"{offered} of {found} are in the outbox again; a running marsad tells them.", as_json=as_json)
    return 0 if dry_run or offered == found else 1


def _show_refused(one: Refused, *, as_json: bool) -> None:
    if as_json:
        write_line(json.dumps(one._asdict(), ensure_ascii=False))
        return
    out.print(f"{local(one.decided)}  {one.receiver}  {one.rule}: {one.error}", markup=False)
    out.print(f"    {one.title}", markup=False, style="dim")


@contextmanager
def _opened(settings: Settings, *, create: bool = False) -> Iterator[StateFile]:
    with closing(open_state(settings, create=create)) as file:
        file.install(SCHEMA)
        yield file


def _show(found: Letter, *, as_json: bool) -> None:
    letter = found.letter
    if as_json:
        write_line(
            json.dumps(
                {
                    "offset": found.offset,
                    "stage": letter.stage,
                    "topic": letter.topic,
                    "partition": letter.partition,
                    "source_offset": letter.offset,
                    "reason": letter.reason,
                    "source": letter.source.decode(errors="replace"),
                    "whole": found.record is not None,
                },
                ensure_ascii=False,
            )
        )
        return
    out.print(f"{letter.stage}  {letter.topic} at {letter.offset}: {letter.reason}", markup=False)
    lost = "" if found.record else "  (its source is no longer whole: it cannot be replayed)"
    out.print(f"    {letter.source[: 4 * SHOWN].decode(errors='replace')[:SHOWN]}{lost}", markup=False, style="dim")


def _say(text: str, *, as_json: bool) -> None:
    if not as_json:
        out.print(text, markup=False)
