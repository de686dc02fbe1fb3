"""One line of JSON (or, on a terminal in development, of readable text) per event, on standard output.

Logs carry ids, codes, counts and times; never names, addresses, bodies, tokens or keys.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, Final

import structlog

Logger = structlog.stdlib.BoundLogger

_DETAIL: Final = re.compile(r"^DETAIL:.*$", re.MULTILINE)
_FROM_ADDRESS: Final = "%s - "


def configure_logging(*, level: str = "INFO", as_json: bool = True) -> None:
    """Route structlog and the standard library's loggers through one renderer."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _without_detail,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    # Our own access line carries the request id and no query string.
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("uvicorn.error").addFilter(_without_address)
    logging.getLogger("httpx").setLevel("WARNING")


def _without_detail(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """PostgreSQL explains a broken constraint with the row that broke it."""
    if isinstance(text := event.get("exception"), str):
        event["exception"] = _DETAIL.sub("DETAIL: [REDACTED]", text)
    return event


def _without_address(record: logging.LogRecord) -> bool:
    """uvicorn begins its lines about single sockets with the client's address: those are not for the log."""
    return not (isinstance(record.msg, str) and record.msg.startswith(_FROM_ADDRESS))


def get_logger(name: str, **bound: Any) -> Logger:
    """A logger that carries `bound` in each of its events."""
    logger: Logger = structlog.stdlib.get_logger(name, **bound)
    return logger
