"""How often one account or address may try something. Counted in memory: one process, forgotten at a restart."""

from __future__ import annotations

import hashlib
import ipaddress
import math
import time
from typing import Final

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.requests import HTTPConnection

from app_service.settings import Settings
from shared.errors import TooManyRequests

_SHARED_FACTOR: Final = 5
"""Many people may sit behind one address, and nobody may lock another person out with a few tries from elsewhere."""


class RateLimits:
    def __init__(self, settings: Settings) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._login = parse(settings.rate_limit_login)
        self._register = parse(settings.rate_limit_register)
        self._requests = parse(settings.rate_limit_requests)

    async def login(self, account: str, address: str) -> None:
        """`RATE_LIMIT_LOGIN` for an account from one address, five times that for each of them alone."""
        wider = _widened(self._login)
        # First, so that one address cannot fill the memory with names that it makes up.
        await self._hit(wider, "login-address", address)
        await self._hit(self._login, "login", account, address)
        await self._hit(wider, "login-account", account)

    async def register(self, address: str) -> None:
        await self._hit(self._register, "register", address)

    async def connection_request(self, account: str) -> None:
        await self._hit(self._requests, "request", account)

    async def _hit(self, limit: RateLimitItem, *names: str) -> None:
        # Digests, so that names which people type (a password in the wrong field) are not kept.
        keys = [hashlib.sha256(name.encode()).hexdigest() for name in names]
        if not await self._limiter.hit(limit, *keys):
            stats = await self._limiter.get_window_stats(limit, *keys)
            wait = max(1, math.ceil(stats.reset_time - time.time()))
            raise TooManyRequests("too_many_requests", "Too many tries. Wait a little.", retry_after=wait)


def _widened(limit: RateLimitItem) -> RateLimitItem:
    return type(limit)(limit.amount * _SHARED_FACTOR, limit.multiples)


def address_of(connection: HTTPConnection) -> str:
    """The caller's IPv4 address, or the /64 network that one IPv6 customer usually has."""
    host = connection.client.host if connection.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
