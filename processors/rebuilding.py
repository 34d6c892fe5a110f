"""Rebuilding what `group` remembers from marsad.stories, where its volume was lost.

The stories of the time that articles are still compared over are taken over as they were decided; then grouping goes on from
the annotated articles of that time, and says nothing again of those that it took over. A kill on the way is gone on from.
"""

import threading

from marsad.messagelog import MessageLog
from marsad.rebuild import read_back
from marsad.statefile import StateFile
from marsad.topics import ANNOTATED, STORIES
from processors.group import REBUILT, GroupStage
from processors.stories import WINDOWS_KEPT, Rules

REBUILD = "group rebuild"


def rebuild(source: MessageLog, file: StateFile, stage: GroupStage, rules: Rules, stopping: threading.Event) -> None:
    """Rebuild if nothing was read by this file and there are stories; returns early when asked to stop.

    Messages that are no stories are passed over with a line in the log: who indexes them makes dead letters of them.
    """
    stories = source.bounds(STORIES.name).values()
    if file.positions(stage.name) or all(bounds.start == bounds.next for bounds in stories):
        return
    since = file.clock() - WINDOWS_KEPT * rules.window_ms
    # Taken before the stories are read: what is annotated later is decided, and said, in the usual way.
    known = {partition: bounds.next for partition, bounds in source.bounds(ANNOTATED.name).items()}
    begin = source.positions_at(STORIES.name, since)
    if read_back(source, file, REBUILD, begin, stopping=stopping, take_over=stage.restore):
        with file.transaction() as tx:
            tx.advance(REBUILT, known)
            tx.advance(stage.name, source.positions_at(ANNOTATED.name, since))
