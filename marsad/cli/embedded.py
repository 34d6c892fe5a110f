"""Everything in one process, with no server: each part is a thread, and the first that fails ends all."""

import asyncio
import random
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import structlog

from indexers.alerts import state as alert_state
from indexers.alerts.deliver import run_delivery
from indexers.alerts.decide import HOUR_MS, Limits
from indexers.alerts.notify import NotifyStage
from indexers.alerts.receivers import build_receiver
from indexers.alerts.rules import FILE as RULES_FILE
from indexers.alerts.watch import RulesInForce
from indexers.index import run_index
from indexers.sqlitestore import SqliteStore
from ingest import state as feed_state
from marsad.cli.parts import SEARCH_FILE, Parts, catalogue_of, open_state
from marsad.cli.show import show_alert
from marsad.messagelog.sqlite import SqliteLog
from marsad.metrics import Metrics
from marsad.stage import run_stage
from marsad.statefile import StateFile
from marsad.topics import ALL
from processors.annotate import Annotator
from processors.group import GroupStage
from processors.local import AnnotateStage

STOP_S = 5.0
log = structlog.get_logger(__name__)


class Failure(NamedTuple):
    """What ended a part."""

    part: str
    error: BaseException
