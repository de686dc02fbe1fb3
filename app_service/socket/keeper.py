"""Looks after the open sockets and polled lines, and deletes what is kept only for a time."""

from __future__ import annotations

import asyncio
import time
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

CHECK_SECONDS: Final = 5.0
FADE_SECONDS: Final = 60.0
FORGET_SECONDS: Final = 3600.0


class Keeper:
    def __init__(self, hub: Hub, database: Database, presence: PresenceService, attachments: AttachmentService) -> None:
        self._hub = hub
        self._attachments = attachments
        self._database = database
        self._presence = presence
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(work) for work in (self._check(), self._fade(), self._forget())]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _check(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            await self.look()

    async def look(self) -> None:
        """End what is over."""
        for line in self._hub.sockets():
            if isinstance(line, Socket):
                line.check()
            elif isinstance(line, PolledLine) and line.is_over(time.monotonic()) and self._hub.remove(line, ()):
                with suppress(ApiError):
                    await self._presence.changed(line.user_id)

    async def _fade(self) -> None:
        while True:
            await asyncio.sleep(FADE_SECONDS)
            with suppress(ApiError):
                await collecting.fade(self._database, now())

    async def _forget(self) -> None:
        while True:
            with suppress(ApiError):
                await self.forget(now())
            await asyncio.sleep(FORGET_SECONDS)

    async def forget(self, moment: datetime) -> None:
        """Delete what has been kept for its time."""
        async with self._database.write() as unit:
            await stored.forget(unit.session, moment)
            await accounts.forget_expired_sign_ins(unit.session, moment)
            await vault.forget_old(unit.session, moment)
        await collecting.collect(self._database, moment)
        await self._attachments.collect(moment)
