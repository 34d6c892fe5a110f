"""What marsad writes to its log: one event for each unit of work, to standard error, for people or for programs."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

SECRET_NAMES = re.compile(r"password|secret|token|authorization|api_?key", re.IGNORECASE)
CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+(?=@)")
MASK = "***"


def masked(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide what must not be logged: values under telling names, and user:password in addresses, however deep."""
    for key, value in event.items():
        event[key] = _without_secrets(key, value)
    return event


def _without_secrets(key: object, value: Any) -> Any:  # noqa: ANN401 - anything may be logged
    if isinstance(key, str) and SECRET_NAMES.search(key):
        return MASK
    match value:
        case str():
            return CREDENTIALS.sub(MASK, value)
        case Mapping():
            return {inner: _without_secrets(inner, item) for inner, item in value.items()}
        case list() | tuple():
            return [_without_secrets("", item) for item in value]
        case _:
            return value


def _to_standard_error(*_: object) -> structlog.PrintLogger:
    return structlog.PrintLogger(sys.stderr)


def configure(*, level: str, form: str) -> None:
    """Set the log up once for the process: `form` is «text» for people or «json», a line an event."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        masked,
    ]
    last: structlog.typing.Processor
    if form == "json":
        last = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        last = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=_to_standard_error,
        cache_logger_on_first_use=False,
    )
