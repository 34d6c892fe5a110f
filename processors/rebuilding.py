"""Rebuilding what `group` remembers from marsad.stories, where its volume was lost.

The stories of the time that articles are still compared over are taken over as they were decided; then grouping goes on from
the annotated articles of that time, and says nothing again of those that it took over. A kill on the way is gone on from.
"""

import threading

import structlog

from marsad.errors import ItemError
from marsad.message import after
from marsad.messagelog import MessageLog
from marsad.stage import BATCH, PATIENCE_S
from marsad.statefile import StateFile
from marsad.topics import ANNOTATED, STORIES
from processors.group import REBUILT, GroupStage
from processors.stories import WINDOWS_KEPT, Rules

REBUILD = "group rebuild"
log = structlog.get_logger(__name__)


def rebuild(source: MessageLog, file: StateFile, stage: GroupStage, rules: Rules, stopping: threading.Event) -> None:
    """Rebuild if nothing was read by this file and there are stories; returns early when asked to stop.

    Messages that are no stories are passed over with a line in the log: who indexes them makes dead letters of them.
    """
    if file.positions(stage.name):
        return
    now = file.clock()
    since = now - WINDOWS_KEPT * rules.window_ms
    positions = dict(source.positions_at(STORIES.name, since)) | file.positions(REBUILD)
    ends = {partition: bounds.next for partition, bounds in source.bounds(STORIES.name).items()}
    if all(bounds.start == bounds.next for bounds in source.bounds(STORIES.name).values()):
        return
    # Taken before the stories are read: what is annotated later is decided, and said, in the usual way.
    known = {partition: bounds.next for partition, bounds in source.bounds(ANNOTATED.name).items()}
    log.warning("nothing is remembered here: rebuilding from the stories", path=str(file.path), since=since)
    restored = 0
    while any(positions.get(partition, 0) < end for partition, end in ends.items()):
        if stopping.is_set():
            return
        messages = source.read(positions, BATCH, PATIENCE_S)
        with file.transaction() as tx:
            for message in messages:
                try:
                    with tx.attempt():
                        stage.restore(tx, message)
                except ItemError as error:
                    log.warning("a story that cannot be taken over", offset=message.offset, reason=str(error))
                else:
                    restored += 1
            tx.advance(REBUILD, after(messages))
        positions |= after(messages)
    with file.transaction() as tx:
        tx.advance(REBUILT, known)
        tx.advance(stage.name, source.positions_at(ANNOTATED.name, since))
    log.info("rebuilt", taken_over=restored, path=str(file.path))
