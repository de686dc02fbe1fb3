"""When each message is sent: after the one before was delivered, or when it is due."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Sequence

from tests.bench.conversation import Conversation


class ClosedLoop:
    """Each pair sends its next message as soon as the last one was delivered."""

    def __init__(self, conversations: Sequence[Conversation]) -> None:
        self._conversations = conversations

    def start(self) -> None:
        for each in self._conversations:
            each.delivered = each.send
            each.send()

    def stop(self) -> None:
        for each in self._conversations:
            each.delivered = lambda: None


class OpenLoop:
    """So many messages per second at random moments, as of people who know nothing of each other.

    Nobody waits for a slow server: a message's time counts from when it was due, so what queues up is seen.
    """

    def __init__(self, conversations: Sequence[Conversation], rate: float) -> None:
        self._conversations = conversations
        self._rate = rate
        self._loop = asyncio.get_running_loop()
        self._stopped = threading.Event()
        # A thread of its own wakes up to 0.1 ms exactly; timers of the loop come up to 1 ms late.
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        gaps = random.Random(1)  # noqa: S311 - the same moments in each run
        due = time.perf_counter()
        while True:
            due += gaps.expovariate(self._rate)
            if self._stopped.wait(max(0.0, due - time.perf_counter())):
                return
            self._loop.call_soon_threadsafe(gaps.choice(self._conversations).send, due)
