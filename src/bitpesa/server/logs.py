"""Where log lines go: standard error, for people at a terminal and as JSON everywhere else.

Whatever is said passes one place that masks: a database quotes the row it refuses, a library the text it cannot read.
"""

import logging
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bitpesa.kernel.observability.masking import mask_line

_KEPT = frozenset({"timestamp", "level"})


def log_to_stderr(*, level: int = logging.INFO) -> None:
    """Set up logging for this process; what libraries say by Python's own logging looks the same."""
    people = sys.stderr.isatty()
    render: Processor = structlog.dev.ConsoleRenderer() if people else structlog.processors.JSONRenderer()
    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,  # without the variables of the frames
        masked,
    ]
    structlog.configure(
        processors=[*processors, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *processors],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)


def masked(_logger: WrappedLogger, _name: str, event_dict: EventDict) -> EventDict:
    """Mask every text of a line, however deep; what is neither text nor number is told as text first."""
    return {key: value if key in _KEPT or key.startswith("_") else _masked(value) for key, value in event_dict.items()}


def _masked(value: Any) -> Any:
    match value:
        case None | bool() | float() | int():  # what we counted: numbers of accounts and phones are texts
            return value
        case str():
            return mask_line(value)
        case Mapping():
            return {mask_line(str(key)): _masked(each) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return list(_all_masked(value))
        case _:
            return mask_line(str(value))


def _all_masked(values: Iterable[Any]) -> Iterator[Any]:
    return (_masked(value) for value in values)
