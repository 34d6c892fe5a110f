"""Errors, by what the caller may do about them: try again, give the item up, or have a person put something right.

Whatever is none of these is a bug and keeps its traceback.
"""


class MarsadError(Exception):
    """Root of all errors that marsad raises on purpose; its text is written for the person who reads the log."""


class RetryableError(MarsadError):
    """The same call may succeed later: a dependency is away, a disk is full, another process holds a lock."""


class ItemError(MarsadError):
    """This one item cannot be processed, now or later; it goes to the dead letters and the stream goes on."""


class OperatorError(MarsadError):
    """A person has to act: settings, files or versions are wrong. The text says which and what to do."""


class UndecodableError(ItemError):
    """Bytes that are not the value they should be."""


class TooLargeError(ItemError):
    """A message over the largest size that the log takes."""


class NewerSchemaError(OperatorError):
    """A value written by a newer marsad: nothing is guessed, the process stops until it is upgraded."""


class UnknownTopicError(OperatorError):
    """A topic that the log does not have."""


class PositionLostError(OperatorError):
    """A position outside what the log keeps: messages between it and the log's start are gone."""


class LockedError(OperatorError):
    """Another process holds the data directory."""


class StateCorruptError(OperatorError):
    """A SQLite file of ours that SQLite cannot read."""


class StateUnwritableError(OperatorError):
    """A data directory that cannot be written."""


class StateFullError(RetryableError):
    """The disk under a SQLite file is full."""


class StateBusyError(RetryableError):
    """Another process held a SQLite file longer than the busy timeout."""


class LogAwayError(RetryableError):
    """The servers of the message log cannot be reached, or do not answer."""


class LogRefusedError(OperatorError):
    """The servers of the message log refuse what is asked of them: rights, sizes or topics are not as the settings say."""


class PoisonLimitError(OperatorError):
    """So many messages in a row failed that the fault is more likely ours than theirs."""
