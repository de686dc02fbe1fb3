"""Sign-ins: how they begin, are refreshed and end (PROTOCOL 2.7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from secrets import token_bytes
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from app_service.accounts import repository
from app_service.accounts.access import Access
from app_service.accounts.schemas import SignedIn, UserSummary
from app_service.accounts.tokens import (
    EndReason,
    RefreshToken,
    Tokens,
    parse_refresh_token,
    refresh_invalid,
    signed_out,
)
from app_service.db import Database, Unit
from app_service.models import SignIn, User
from app_service.models.base import now
from app_service.realtime.events import Events, SignInsEnded
from app_service.settings import REFRESH_LIFETIME
from shared.errors import ApiError, Unauthorized
from shared.logging import get_logger

log = get_logger("sign_ins")

GRACE: Final = timedelta(seconds=30)
"""Two tabs may refresh with the same token, and an answer may get lost: for so long both get the same successor."""


@dataclass(frozen=True)
class _Refused:
    """A refusal that must not roll back what was written with it."""

    error: ApiError


class SignIns:
    def __init__(self, database: Database, tokens: Tokens, access: Access, events: Events) -> None:
        self._database = database
        self._tokens = tokens
        self._access = access
        self._events = events

    async def begin(self, unit: Unit, user: User) -> SignedIn:
        """A new sign-in of an account that has just proved itself."""
        moment = now()
        sign_in = SignIn(
            id=uuid7(),
            user_id=user.id,
            device_id=None,
            created_at=moment,
            last_used_at=moment,
            expires_at=moment + REFRESH_LIFETIME,
            revoked_at=None,
            ended_because=None,
            refresh_salt=token_bytes(16),
            refresh_number=0,
            rotated_at=moment,
        )
        unit.session.add(sign_in)
        return self._answer(user, sign_in)

    async def refresh(self, text: str) -> SignedIn:
        """The next access and refresh token; 401 `refresh_invalid`, `refresh_reused` or `signed_out`."""
        token = parse_refresh_token(text)
        async with self._database.write() as unit:
            outcome = await self._rotate(unit, token)
        if isinstance(outcome, _Refused):
            raise outcome.error
        return outcome

    async def _rotate(self, unit: Unit, token: RefreshToken) -> SignedIn | _Refused:
        sign_in = await repository.locked_sign_in(unit.session, token.sign_in_id)
        if sign_in is None:
            raise refresh_invalid()
        self._tokens.check_refresh(token, sign_in.refresh_salt)
        moment = now()
        if sign_in.revoked_at is not None:
            raise signed_out(sign_in.ended_because)
        if sign_in.expires_at <= moment:
            raise refresh_invalid()
        if token.number == sign_in.refresh_number:
            sign_in.refresh_number += 1
            sign_in.rotated_at = moment
        elif token.number != sign_in.refresh_number - 1 or moment - sign_in.rotated_at > GRACE:
            await self.end(unit, sign_in.user_id, because="refresh_reused", only=sign_in.id)
            log.warning("refresh_reused", sign_in_id=str(sign_in.id))
            return _Refused(Unauthorized("refresh_reused", "This refresh token was used before. Sign in again."))
        sign_in.last_used_at = moment
        sign_in.expires_at = moment + REFRESH_LIFETIME
        if sign_in.device_id is not None:
            await repository.touch_device(unit.session, sign_in.device_id, moment)
        return self._answer(await repository.user(unit.session, sign_in.user_id), sign_in)

    def bind(self, unit: Unit, sign_in: SignIn, device_id: UUID) -> str:
        """Bind the sign-in to a device that has proved itself, and give the token that says so."""
        sign_in.device_id = device_id
        unit.after_commit(lambda: self._access.forget([sign_in.id]))
        return self._tokens.access_token(sign_in.user_id, sign_in.id, device_id, now())

    async def end(
        self,
        unit: Unit,
        user_id: UUID,
        *,
        because: EndReason,
        only: UUID | None = None,
        but: UUID | None = None,
        of_device: UUID | None = None,
    ) -> int:
        """Revoke sign-ins of the account, and say how many; their sockets close once this is committed."""
        ended = await repository.end_sign_ins(
            unit.session, user_id, now(), because=because, only=only, but=but, of_device=of_device
        )
        if ended:
            unit.after_commit(lambda: self._access.forget(ended))
            await self._events.publish(unit, SignInsEnded(tuple(ended), because))
        return len(ended)

    def _answer(self, user: User, sign_in: SignIn) -> SignedIn:
        return SignedIn(
            access_token=self._tokens.access_token(user.id, sign_in.id, sign_in.device_id, now()),
            refresh_token=self._tokens.refresh_token(sign_in.id, sign_in.refresh_salt, sign_in.refresh_number),
            expires_in=int(self._tokens.access_lifetime.total_seconds()),
            user=summary(user),
            sign_in_id=sign_in.id,
        )


def summary(user: User) -> UserSummary:
    return UserSummary(id=user.id, username=user.username, email=user.email, created_at=user.created_at)
