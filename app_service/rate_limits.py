"""How often an account, a device, an address or a socket may do something.

Counted in memory: by one process, forgotten at a restart. What costs much to try is counted over a sliding window, and
calls and frames, which are many, by buckets that hold so much and fill up again.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import time
from collections import OrderedDict
from typing import Final, NamedTuple
from uuid import UUID

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.requests import HTTPConnection

from app_service.settings import Settings
from shared.errors import TooManyRequests

_SHARED_FACTOR: Final = 5
"""Many people may sit behind one address, and nobody may lock another person out with a few tries from elsewhere."""
_BURST_SECONDS: Final = 5
_MAX_METERS: Final = 50_000
"""Callers remembered; the one that was quiet for longest is forgotten, and starts with a full bucket again."""


class Rate(NamedTuple):
    """A bucket that holds `most` and fills at `per_second`."""

    per_second: float
    most: float

    @classmethod
    def of(cls, limit: RateLimitItem) -> Rate:
        """The limit's whole amount at once, and five seconds' worth when it counts by the second."""
        per_second = limit.amount / limit.get_expiry()
        return cls(per_second, max(limit.amount, per_second * _BURST_SECONDS))


class Meter:
    """One bucket; the caller brings the time."""

    def __init__(self, rate: Rate, at: float) -> None:
        self._rate = rate
        self._left = rate.most
        self._at = at

    def take(self, at: float) -> float:
        """0 when one more is allowed, else in how many seconds it will be."""
        self._left = min(self._rate.most, self._left + (at - self._at) * self._rate.per_second)
        self._at = at
        if self._left < 1:
            return (1 - self._left) / self._rate.per_second
        self._left -= 1
        return 0.0


class _Meters:
    """A bucket for each of many callers."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._meters: OrderedDict[UUID | str, Meter] = OrderedDict()

    def take(self, caller: UUID | str) -> None:
        """429 `too_many_requests` when the caller's bucket is empty."""
        at = time.monotonic()
        meter = self._meters.get(caller)
        if meter is None:
            meter = self._meters[caller] = Meter(self._rate, at)
            if len(self._meters) > _MAX_METERS:
                self._meters.popitem(last=False)
        else:
            self._meters.move_to_end(caller)
        wait = meter.take(at)
        if wait > 0:
            raise too_many(wait)


class RateLimits:
    def __init__(self, settings: Settings) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._login = parse(settings.rate_limit_login)
        self._register = parse(settings.rate_limit_register)
        self._requests = parse(settings.rate_limit_requests)
        self._uploads = parse(settings.rate_limit_uploads)
        calls = parse(settings.rate_limit_calls)
        self._calls, self._calls_of_address = _Meters(Rate.of(calls)), _Meters(Rate.of(_widened(calls)))
        self._messages = _Meters(Rate.of(parse(settings.rate_limit_messages)))
        self._frames = Rate.of(parse(settings.rate_limit_frames))

    async def login(self, account: str, address: str) -> None:
        """`RATE_LIMIT_LOGIN` for an account from one address, five times that for each of them alone."""
        wider = _widened(self._login)
        # First, so that one address cannot fill the memory with names that it makes up.
        await self._hit(wider, "login-address", address)
        await self._hit(self._login, "login", account, address)
        await self._hit(wider, "login-account", account)

    async def recover(self, account: str, address: str) -> None:
        """As often as signing in, but counted apart: who floods one way in must not close the other."""
        wider = _widened(self._login)
        await self._hit(wider, "recover-address", address)
        await self._hit(self._login, "recover", account, address)
        await self._hit(wider, "recover-account", account)

    async def register(self, address: str) -> None:
        await self._hit(self._register, "register", address)

    async def connection_request(self, account: str) -> None:
        await self._hit(self._requests, "request", account)

    async def room(self, account: str) -> None:
        await self._hit(self._requests, "room", account)

    async def rotation(self, account: str) -> None:
        await self._hit(self._requests, "rotation", account)

    async def device_key(self, device: str) -> None:
        await self._hit(self._requests, "device-key", device)

    async def demonstration(self, account: str) -> None:
        await self._hit(self._requests, "demonstration", account)

    async def upload(self, account: str) -> None:
        await self._hit(self._uploads, "upload", account)

    def call(self, account: UUID | None, address: str) -> None:
        """`RATE_LIMIT_CALLS` for an account, five times that for an address."""
        self._calls_of_address.take(address)
        if account is not None:
            self._calls.take(account)

    def message(self, device: UUID) -> None:
        self._messages.take(device)

    def frames(self) -> Meter:
        """For one new socket."""
        return Meter(self._frames, time.monotonic())

    async def _hit(self, limit: RateLimitItem, *names: str) -> None:
        # Digests, so that names which people type (a password in the wrong field) are not kept.
        keys = [hashlib.sha256(name.encode()).hexdigest() for name in names]
        if not await self._limiter.hit(limit, *keys):
            stats = await self._limiter.get_window_stats(limit, *keys)
            raise too_many(stats.reset_time - time.time())


def too_many(wait: float) -> TooManyRequests:
    """429, to be tried again after so many seconds."""
    retry_after = max(1, math.ceil(wait))
    return TooManyRequests("too_many_requests", "Too many tries. Wait a little.", retry_after=retry_after)


def _widened(limit: RateLimitItem) -> RateLimitItem:
    return type(limit)(limit.amount * _SHARED_FACTOR, limit.multiples)


def address_of(connection: HTTPConnection) -> str:
    """The caller's IPv4 address, or the /64 network that one IPv6 customer usually has.

    uvicorn puts there what a proxy named in `FORWARDED_ALLOW_IPS` wrote, without its port. What is no address is one
    for all: whoever can be told apart by made-up names would have a limit for each.
    """
    host = connection.client.host if connection.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
