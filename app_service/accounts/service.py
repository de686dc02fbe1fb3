"""Accounts: registration, signing in, and what a person may change about themselves.

Hashing takes a good part of a second: it happens before a unit is opened, and the unit checks again what it needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_bytes
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from app_service.accounts import repository
from app_service.accounts.passwords import (
    MIN_PASSWORD_LENGTH,
    SALT_BYTES,
    Passwords,
    invented_salt,
    wrong_credentials,
)
from app_service.accounts.schemas import (
    BrowserRegistration,
    LoginParameters,
    LoginRequest,
    Me,
    RawRegistration,
    Registered,
    SignedIn,
    UserSummary,
    is_username,
)
from app_service.accounts.sign_ins import SignIns, summary
from app_service.accounts.tokens import Caller
from app_service.db import Database, Unit
from app_service.installation import Installation
from app_service.models import User, Vault, VaultWrap
from app_service.models.base import now
from app_service.rate_limits import RateLimits
from shared.encoding import SUITE
from shared.errors import ApiError, Conflict, Malformed


@dataclass(frozen=True, repr=False)
class AccountService:
    database: Database
    installation: Installation
    passwords: Passwords
    sign_ins: SignIns
    limits: RateLimits
    production: bool

    async def register(self, body: RawRegistration | BrowserRegistration, address: str) -> Registered:
        """A new account and its first sign-in; with the vault, all in one transaction (P2.5)."""
        await self.limits.register(address)
        if not is_username(body.username):
            raise Malformed("invalid_username", "A username has 3 to 32 of a-z, 0-9, dot, underscore and hyphen.")
        warnings: list[str] = []
        if isinstance(body, RawRegistration):
            warnings = await self._judge(body)
            user = await self._raw_user(body)
        else:
            user = await self._browser_user(body)
        try:
            async with self.database.write() as unit:
                await _refuse_taken(unit.session, user)
                unit.session.add(user)
                await unit.session.flush()
                if isinstance(body, BrowserRegistration):
                    _add_vault(unit, body)
                signed_in = await self.sign_ins.begin(unit, user)
        except IntegrityError as error:  # another request took it between our look and our write
            async with self.database.read() as session:
                await _refuse_taken(session, user)
            raise _taken("username") from error
        return Registered(**dict(signed_in), warnings=warnings)

    async def _judge(self, body: RawRegistration) -> list[str]:
        password = body.password.get_secret_value()
        if len(password) < MIN_PASSWORD_LENGTH:
            raise Malformed("weak_password", f"A password has at least {MIN_PASSWORD_LENGTH} characters.")
        weakness = await self.passwords.weakness(password, body.username, body.email)
        if weakness is None:
            return []
        if self.production:
            raise Malformed("weak_password", weakness)
        return [f"Weak password, refused in production: {weakness}"]

    async def _raw_user(self, body: RawRegistration) -> User:
        salt = token_bytes(SALT_BYTES)
        secret = await self.passwords.derive(body.password.get_secret_value(), body.username, salt)
        return _user(uuid7(), body, salt, await self.passwords.verifier(secret), "api")

    async def _browser_user(self, body: BrowserRegistration) -> User:
        verifier = await self.passwords.verifier(body.auth_secret)
        user = _user(body.user_id, body, body.salt, verifier, "browser")
        user.recovery_hash = await self.passwords.verifier(body.recovery_auth_secret)
        user.identity_public_key, user.suite = body.identity_public_key, SUITE
        return user

    async def parameters(self, name: str) -> LoginParameters:
        """What a browser needs to derive its secret; unknown names look the same (P2.6)."""
        async with self.database.read() as session:
            # Not by e-mail: a browser needs the username to derive anything, and an equal salt would tell whose it is.
            user = None if "@" in name else await repository.user_by_login(session, name)
        return LoginParameters(salt=self._salt(user, name), server_name=self.installation.server_name)

    async def login(self, body: LoginRequest, address: str) -> SignedIn:
        await self.limits.login(body.username, address)
        async with self.database.read() as session:
            user = await repository.user_by_login(session, body.username)
        secret = body.auth_secret
        if body.password is not None:
            salt, name = self._salt(user, body.username), user.username if user else body.username
            secret = await self.passwords.derive(body.password.get_secret_value(), name, salt)
        await self.passwords.check(secret or b"", user.password_hash if user else self.passwords.nobody)
        if user is None:
            raise wrong_credentials()
        async with self.database.write() as unit:
            current = await repository.locked_user(unit.session, user.id)
            if current.password_hash != user.password_hash:
                raise wrong_credentials()
            return await self.sign_ins.begin(unit, current)

    def _salt(self, user: User | None, name: str) -> bytes:
        return user.salt if user else invented_salt(self.installation.parameters_key, name)

    async def prove(self, user_id: UUID, auth_secret: bytes, address: str) -> str:
        """The verifier that the secret fits, to compare again inside the unit that relies on it."""
        await self.limits.login(str(user_id), address)
        async with self.database.read() as session:
            verifier = (await repository.user(session, user_id)).password_hash
        await self.passwords.check(auth_secret, verifier)
        return verifier


async def logout(unit: Unit, sign_ins: SignIns, caller: Caller) -> None:
    await sign_ins.end(unit, caller.user_id, only=caller.sign_in_id)


async def me(session: AsyncSession, caller: Caller) -> Me:
    user = await repository.user(session, caller.user_id)
    vault = await repository.newest_vault_version(session, user.id)
    return Me(
        **dict(summary(user)),
        identity_public_key=user.identity_public_key,
        password_origin="browser" if user.password_origin == "browser" else "api",
        has_vault=vault is not None,
        device_id=caller.device_id,
    )


async def change_email(unit: Unit, caller: Caller, email: str) -> UserSummary:
    user = await repository.locked_user(unit.session, caller.user_id)
    other = await repository.user_by_login(unit.session, email)
    if other is not None and other.id != user.id:
        raise _taken("email")
    user.email = email
    try:
        await unit.session.flush()
    except IntegrityError as error:
        raise _taken("email") from error
    return summary(user)


def _user(user_id: UUID, body: RawRegistration | BrowserRegistration, salt: bytes, verifier: str, origin: str) -> User:
    return User(
        id=user_id,
        username=body.username,
        email=body.email,
        created_at=now(),
        salt=salt,
        password_hash=verifier,
        password_origin=origin,
        recovery_hash=None,
        identity_public_key=None,
        suite=None,
        list_version=0,
        event_seq=0,
    )


def _add_vault(unit: Unit, body: BrowserRegistration) -> None:
    unit.session.add(Vault(user_id=body.user_id, version=1, sealed=body.vault, created_at=now()))
    for kind, sealed in body.wraps:
        unit.session.add(VaultWrap(user_id=body.user_id, kind=kind, version=1, sealed=sealed))


async def _refuse_taken(session: AsyncSession, user: User) -> None:
    other = await repository.taken(session, user.username, user.email, user.id)
    if other is None:
        return
    if other.username == user.username:
        raise _taken("username")
    raise _taken("email" if other.email == user.email else "user_id")


def _taken(what: str) -> ApiError:
    return Conflict(f"{what}_taken", f"Another account has this {what}.")
