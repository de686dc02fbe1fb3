"""Who is asking: the levels *account* and *device* of docs/api.md, as FastAPI dependencies."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection

from app_service.accounts import repository
from app_service.accounts.tokens import Caller, Tokens, is_recovery_token, not_authenticated, signed_out
from app_service.db import Database
from shared.errors import Forbidden

TRUST_SECONDS: Final = 5.0
"""For so long a sign-in counts as alive without asking the database. This process forgets it at once when it ends."""
_MAX_REMEMBERED: Final = 50_000

_bearer = HTTPBearer(auto_error=False, description="An access token of POST /api/login")


@dataclass(frozen=True)
class DeviceCaller:
    """A caller whose sign-in is bound to a device."""

    user_id: UUID
    sign_in_id: UUID
    device_id: UUID
    expires_at: int


@dataclass(frozen=True, repr=False)
class Owner:
    """A caller who may read the vault and, with a proof, change the password."""

    user_id: UUID
    sign_in_id: UUID | None
    recovery_verifier: str | None = None
    """Who typed the recovery code has no sign-in, and this proof."""


@dataclass(frozen=True)
class _Seen:
    device_id: UUID | None
    until: float


class Access:
    """Checks access tokens, and that their sign-ins are still alive."""

    def __init__(self, tokens: Tokens, database: Database) -> None:
        self._tokens = tokens
        self._database = database
        self._alive: dict[UUID, _Seen] = {}
        self._forgotten = 0

    def claimed(self, token: str) -> Caller:
        """Who made the token ours, without asking whether that sign-in is still alive; the same 401 otherwise."""
        return self._tokens.caller(token)

    async def authenticate(self, token: str) -> Caller:
        """401 `not_authenticated`, `token_expired` or `signed_out`."""
        caller = self._tokens.caller(token)
        seen = self._alive.get(caller.sign_in_id)
        if seen is None or seen.until < time.monotonic():
            seen = await self._look(caller)
        # A token of a device that this sign-in was bound to before is still a token of the account, no more.
        device_id = caller.device_id if caller.device_id == seen.device_id else None
        return Caller(caller.user_id, caller.sign_in_id, device_id, caller.expires_at)

    async def owner(self, token: str) -> Owner:
        """By a sign-in, or by a recovery token, which nothing else accepts; 401 also `recovery_expired` (P2.4)."""
        if not is_recovery_token(token):
            caller = await self.authenticate(token)
            return Owner(caller.user_id, caller.sign_in_id)
        recovered = self._tokens.recovered(token)
        async with self._database.read() as session:
            verifier = await repository.recovery_verifier(session, recovered.user_id)
        self._tokens.check_recovery(recovered, verifier)
        return Owner(recovered.user_id, None, verifier)

    async def _look(self, caller: Caller) -> _Seen:
        before = self._forgotten
        async with self._database.read() as session:
            sign_in = await repository.sign_in(session, caller.user_id, caller.sign_in_id)
        if sign_in is None or sign_in.revoked_at is not None:
            raise signed_out(None if sign_in is None else sign_in.ended_because)
        seen = _Seen(sign_in.device_id, time.monotonic() + TRUST_SECONDS)
        # If a sign-in ended while we were reading, what we read may be older than that: use it, do not keep it.
        if before == self._forgotten:
            if len(self._alive) >= _MAX_REMEMBERED:
                self._alive.clear()
            self._alive[caller.sign_in_id] = seen
        return seen

    def forget(self, sign_in_ids: Iterable[UUID]) -> None:
        """Ask the database again about these: they ended, or are bound to another device now."""
        self._forgotten += 1
        for sign_in_id in sign_in_ids:
            self._alive.pop(sign_in_id, None)


async def _access(connection: HTTPConnection) -> Access:
    access: Access = connection.app.state.access
    return access


async def account(
    access: Annotated[Access, Depends(_access)],
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> Caller:
    if credentials is None:
        raise not_authenticated()
    return await access.authenticate(credentials.credentials)


async def owner(
    access: Annotated[Access, Depends(_access)],
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> Owner:
    if credentials is None:
        raise not_authenticated()
    return await access.owner(credentials.credentials)


async def device(caller: Annotated[Caller, Depends(account)]) -> DeviceCaller:
    """403 `device_required` unless this sign-in has proved a device (P3.3)."""
    if caller.device_id is None:
        raise Forbidden("device_required", "This call needs a sign-in that is bound to a device.")
    return DeviceCaller(caller.user_id, caller.sign_in_id, caller.device_id, caller.expires_at)


AccountCaller = Annotated[Caller, Depends(account)]
"""Level *account*."""
OwnerCaller = Annotated[Owner, Depends(owner)]
"""Level *account or recovery*."""
BoundCaller = Annotated[DeviceCaller, Depends(device)]
"""Level *device*."""
