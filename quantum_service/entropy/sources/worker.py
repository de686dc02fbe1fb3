"""What the child processes that sample have in common: their end of `child.py`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from quantum_service.child_process import be_a_child

Job = Callable[[Mapping[str, Any]], tuple[Mapping[str, Any], list[bytes]]]


def serve(job: Job, lifetime_seconds: int) -> None:
    """Answer the one question; end after `lifetime_seconds` whatever happens, and when the parent is gone."""
    target = be_a_child(lifetime_seconds)
    header: Mapping[str, Any]
    try:
        header, streams = job(json.load(sys.stdin))
    except Exception as error:
        header, streams = {"failed": type(error).__name__}, []
    sizes = {"streams": len(streams), "stream_bytes": len(streams[0]) if streams else 0}
    text = json.dumps({**header, **sizes}).encode()
    try:
        with os.fdopen(target, "wb") as output:
            output.write(len(text).to_bytes(4, "big") + text + b"".join(streams))
    except BrokenPipeError:  # the parent is gone
        sys.exit(1)
