"""Looks after the open sockets and polled lines, and deletes what is kept only for a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from app_service.accounts import repository as accounts
from app_service.attachments.service import AttachmentService
from app_service.conversations import collecting
from app_service.db import Database
from app_service.models.base import now
from app_service.realtime import stored
from app_service.realtime.hub import Hub
from app_service.socket.polling import PolledLine
from app_service.socket.presence import PresenceService
from app_service.socket.socket import Socket
from app_service.vault import service as vault
from shared.errors import ApiError
from shared.logging import get_logger
from shared.stoppable import Stoppable

log = get_logger("keeper")

CHECK_SECONDS: Final = 5.0
FADE_SECONDS: Final = 60.0
FORGET_SECONDS: Final = 3600.0


class Keeper:
    def __init__(self, hub: Hub, database: Database, presence: PresenceService, attachments: AttachmentService) -> None:
        self._hub = hub
        self._attachments = attachments
        self._database = database
        self._presence = presence
        self._chores: list[Stoppable] = []

    def start(self) -> None:
        self._every(CHECK_SECONDS, "check", self.look)
        self._every(FADE_SECONDS, "fade", lambda: collecting.fade(self._database, now()))
        self._every(FORGET_SECONDS, "forget", lambda: self.forget(now()), at_once=True)

    async def close(self) -> None:
        await asyncio.gather(*(chore.end() for chore in self._chores))

    def _every(
        self, seconds: float, name: str, work: Callable[[], Awaitable[object]], *, at_once: bool = False
    ) -> None:
        chore = Stoppable()

        async def run() -> None:
            pause = 0.0 if at_once else seconds
            while True:
                with chore:
                    await asyncio.sleep(pause)
                try:
                    await work()
                except Exception as error:  # it must go on; what was left undone is done next time
                    log.warning("chore_failed", chore=name, kind=type(error).__name__)
                pause = seconds

        self._chores.append(chore)
        chore.start(run())

    async def look(self) -> None:
        """End what is over."""
        for line in self._hub.sockets():
            if isinstance(line, Socket):
                line.check()
            elif isinstance(line, PolledLine) and line.is_over(time.monotonic()) and self._hub.remove(line, ()):
                with suppress(ApiError):
                    await self._presence.changed(line.user_id)

    async def forget(self, moment: datetime) -> None:
        """Delete what has been kept for its time."""
        async with self._database.write() as unit:
            await stored.forget(unit.session, moment)
            await accounts.forget_expired_sign_ins(unit.session, moment)
            await vault.forget_old(unit.session, moment)
        await collecting.collect(self._database, moment)
        await self._attachments.collect(moment)
