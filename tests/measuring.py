"""Which branches run, as coverage.py sees it in this process: nothing is lost, and it stays cheap.

SQLAlchemy's async engine runs each statement in a greenlet. The tracer sleeps there: to follow it doubles the price,
and on CPython 3.11 it can hang for ever when threads end (it keeps greenlets in a weak dictionary, whose callbacks
are then traced in the middle of the interpreter's own tidying). What of ours runs in there (migrations, a type's
conversion) counts as not run.
"""

from __future__ import annotations

import sys

import greenlet
from coverage import Coverage


def leave_out_greenlets() -> None:
    tracer, usual = sys.gettrace(), greenlet.getcurrent()
    if tracer is None:
        return

    def switched(_: str, ways: tuple[object, object]) -> None:
        sys.settrace(tracer if ways[1] is usual else None)

    greenlet.settrace(switched)


def save() -> None:
    """Now: a worker of pytest-xdist that takes more than 10 s to end is killed, and what it would save then is lost."""
    measuring = Coverage.current()
    if measuring is not None:
        measuring.stop()
        measuring.save()
