"""Every router, included once."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from app_service.accounts.routes import router as accounts
from app_service.attachments.routes import router as attachments
from app_service.connections.routes import router as connections
from app_service.conversations.routes import router as conversations
from app_service.credentials.routes import router as credentials
from app_service.directory.routes import router as directory
from app_service.operations.routes import router as operations
from app_service.quantum.routes import router as quantum
from app_service.rooms.routes import router as rooms
from app_service.sessions.routes import router as sessions
from app_service.socket.routes import router as socket
from app_service.vault.routes import router as vault

ROUTERS: Final[tuple[APIRouter, ...]] = (
    operations,
    quantum,
    accounts,
    vault,
    credentials,
    directory,
    connections,
    sessions,
    rooms,
    conversations,
    attachments,
    socket,
)
