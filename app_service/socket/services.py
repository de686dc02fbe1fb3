"""What a socket needs of the rest of the service."""

from __future__ import annotations

from dataclasses import dataclass

from app_service.accounts.access import Access
from app_service.conversations.receipts import Receipts
from app_service.conversations.service import MessageService
from app_service.db import Database
from app_service.quantum_monitor import QuantumMonitor
from app_service.rate_limits import RateLimits
from app_service.realtime.hub import Hub
from app_service.socket.presence import PresenceService


@dataclass(frozen=True, repr=False)
class SocketServices:
    origins: tuple[str, ...]
    access: Access
    database: Database
    hub: Hub
    messages: MessageService
    receipts: Receipts
    presence: PresenceService
    limits: RateLimits
    monitor: QuantumMonitor
    enabled: bool
    """Else clients poll."""
