"""Whether quantum_service can be used, as last seen: asked now and then, never per request.

While it is away it is asked every `AWAY_SECONDS`, else every `PRESENT_SECONDS`; calls that meet it or miss it
count at once. Health and config tell what is stored here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from app_service.quantum_client import QuantumClient
from shared.errors import ApiError
from shared.logging import get_logger
from shared.schemas.quantum import QuantumHealth
from shared.stoppable import Stoppable

log = get_logger("quantum_monitor")

AWAY_SECONDS: Final = 2.0
PRESENT_SECONDS: Final = 10.0

Listener = Callable[[bool], None]
Follower = Callable[[QuantumHealth], Awaitable[None]]


class QuantumMonitor:
    """`available` is False until the first proof that quantum_service is there and takes our key."""

    def __init__(self, client: QuantumClient) -> None:
        self._client = client
        self._listeners: list[Listener] = []
        self._followers: list[Follower] = []
        self._watching = Stoppable()
        self._ask_now = asyncio.Event()
        self.available = False
        self.health: QuantumHealth | None = None
        client.on_contact = self._on_contact

    def on_change(self, listener: Listener) -> None:
        """`listener` hears each change of `available`."""
        self._listeners.append(listener)

    def on_health(self, follower: Follower) -> None:
        """`follower` gets each health report, in the background."""
        self._followers.append(follower)

    def start(self) -> None:
        self._watching.start(self._watch())

    async def stop(self) -> None:
        await self._watching.end()

    async def check(self) -> None:
        """Ask once, and pass on what was heard."""
        await self._hear(await self._ask())

    async def _ask(self) -> QuantumHealth | None:
        """None when it cannot be used."""
        try:
            health = await self._client.health()
            if not self.available:
                await self._client.prove_key()
        except ApiError:
            return None
        return health

    async def _hear(self, health: QuantumHealth | None) -> None:
        if health is None:
            self._set(False)
            return
        self.health = health
        # Before anybody hears that it is there: what followers prepare (notary keys) is then ready to be used.
        for follower in self._followers:
            await self._tell(follower, health)
        self._set(True)

    async def _tell(self, follower: Follower, health: QuantumHealth) -> None:
        try:
            await follower(health)
        except Exception as error:  # the watch must go on; the next report tries again
            log.warning("follower_failed", kind=type(error).__name__)

    async def _watch(self) -> None:
        while True:
            self._ask_now.clear()
            with self._watching:
                health = await self._ask()
            await self._hear(health)
            # Not `wait_for`: in Python 3.11 it swallows a cancellation that comes together with the event.
            with self._watching, suppress(TimeoutError):
                async with asyncio.timeout(PRESENT_SECONDS if self.available else AWAY_SECONDS):
                    await self._ask_now.wait()

    def _on_contact(self, usable: bool) -> None:
        # A failed call counts at once; a good one proves nothing about our key, the next check does.
        if not usable:
            self._set(False)

    def _set(self, available: bool) -> None:
        if available == self.available:
            return
        self.available = available
        if not available:
            self._ask_now.set()
        log.info("quantum_status", available=available)
        for listener in self._listeners:
            listener(available)
