"""Logging: one JSON object a line on stderr in a cluster, coloured text on a terminal.

Every line of work on behalf of a CR carries correlation fields (`migration`, `backup`, `restore`, `cluster`), so that logs
of several processes can be merged and filtered. Values under keys that name secrets are masked before they are written.

structlog is imported when something is logged: it takes a quarter of the start of a verb of the command line, which logs nothing.
"""

import logging
import os
import sys
from collections.abc import MutableMapping
from functools import cached_property
from typing import Any

_SECRET_WORDS = ("password", "token", "secret_access_key", "authorization", "credential", "sa_token", "private_key")


def _mask(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in event:
        if any(word in key.lower() for word in _SECRET_WORDS):
            event[key] = "***"
    return event


def configure(component: str, *, level: str | None = None) -> None:
    """Sets logging up for a process.

    Args:
        component: the process: controller, engine, node-agent, ...
        level: debug, info, warning or error; $MTC_LOG_LEVEL, else info.
    """
    import structlog

    wanted = (level or os.environ.get("MTC_LOG_LEVEL") or "info").upper()
    terminal = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            _mask,
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, wanted, logging.INFO)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(component=component)


class _Logger:
    """A logger of structlog that comes into being with the first line."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self._fields = fields

    @cached_property
    def _made(self) -> Any:
        import structlog

        return structlog.get_logger(**self._fields)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made, name)


def get(**fields: Any) -> Any:
    """A logger with fields of its own."""
    return _Logger(fields)
