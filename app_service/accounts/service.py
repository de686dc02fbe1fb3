"""Accounts: registration, signing in, and what a person may change about themselves.

Hashing takes a good part of a second: it happens before a unit is opened, and the unit checks again what it needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_bytes
from uuid import UUID

from pydantic import SecretStr
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
    MeChange,
    OwnSignIns,
    Proof,
    RawRegistration,
    Registered,
    SignedIn,
    SignInItem,
    SignInsEnded,
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
from shared.errors import ApiError, Conflict, Malformed, NotFound


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
            warnings = await self.judge(body.password, body.username, body.email)
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

    async def judge(self, new: SecretStr, username: str, email: str) -> list[str]:
        """Warnings about a new raw password; 422 `weak_password` for one that is refused (P2.3)."""
        password = new.get_secret_value()
        if len(password) < MIN_PASSWORD_LENGTH:
            raise Malformed("weak_password", f"A password has at least {MIN_PASSWORD_LENGTH} characters.")
        weakness = await self.passwords.weakness(password, username, email)
        if weakness is None:
            return []
        if self.production:
            raise Malformed("weak_password", weakness)
        return [f"Weak password, refused in production: {weakness}"]

    async def _raw_user(self, body: RawRegistration) -> User:
        salt, verifier = await self.raw_verifier(body.password, body.username)
        return _user(uuid7(), body, salt, verifier, "api")

    async def raw_verifier(self, new: SecretStr, username: str) -> tuple[bytes, str]:
        """A new salt, and the verifier of a raw password under it."""
        salt = token_bytes(SALT_BYTES)
        secret = await self.passwords.derive(new.get_secret_value(), username, salt)
        return salt, await self.passwords.verifier(secret)

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
        await self._check(body, user, body.username)
        if user is None:
            raise wrong_credentials()
        async with self.database.write() as unit:
            current = await repository.locked_user(unit.session, user.id)
            if current.password_hash != user.password_hash:
                raise wrong_credentials()
            return await self.sign_ins.begin(unit, current)

    async def _check(self, proof: Proof, user: User | None, name: str) -> None:
        """401 `wrong_credentials` unless it proves the password, after the same work for nobody's."""
        secret = proof.auth_secret or b""
        if proof.password is not None:
            secret = await self.passwords.derive(
                proof.password.get_secret_value(), user.username if user else name, self._salt(user, name)
            )
        await self.passwords.check(secret, user.password_hash if user else self.passwords.nobody)

    def _salt(self, user: User | None, name: str) -> bytes:
        return user.salt if user else invented_salt(self.installation.parameters_key, name)

    async def prove(self, user_id: UUID, proof: Proof, address: str) -> str:
        """The verifier that the proof fits, for `proven` inside the unit that relies on it."""
        await self.limits.login(str(user_id), address)
        async with self.database.read() as session:
            user = await repository.user(session, user_id)
        await self._check(proof, user, user.username)
        return user.password_hash

    async def change_email(self, caller: Caller, body: MeChange, address: str) -> UserSummary:
        """Only with the password: whoever found an open browser must not get the account's address."""
        # It tells whether an address has an account, as registering does: both count together.
        await self.limits.register(address)
        verifier = await self.prove(caller.user_id, body, address)
        async with self.database.write() as unit:
            user = await proven(unit, caller.user_id, verifier)
            other = await repository.user_by_login(unit.session, body.email)
            if other is not None and other.id != user.id:
                raise _taken("email")
            user.email = body.email
            try:
                await unit.session.flush()
            except IntegrityError as error:
                raise _taken("email") from error
            return summary(user)


async def proven(unit: Unit, user_id: UUID, verifier: str) -> User:
    """The locked account, if its password is still the one that was proved."""
    user = await repository.locked_user(unit.session, user_id)
    if user.password_hash != verifier:
        raise wrong_credentials()
    return user


async def logout(unit: Unit, sign_ins: SignIns, caller: Caller) -> None:
    await sign_ins.end(unit, caller.user_id, because="signed_out", only=caller.sign_in_id)


async def own_sign_ins(session: AsyncSession, caller: Caller) -> OwnSignIns:
    items = [
        SignInItem(
            id=sign_in.id,
            created_at=sign_in.created_at,
            last_used_at=sign_in.last_used_at,
            device_id=sign_in.device_id,
            current=sign_in.id == caller.sign_in_id,
        )
        for sign_in in await repository.live_sign_ins(session, caller.user_id, now())
    ]
    return OwnSignIns(items=items)


async def end_sign_in(unit: Unit, sign_ins: SignIns, caller: Caller, sign_in_id: UUID) -> None:
    if not await sign_ins.end(unit, caller.user_id, because="ended_elsewhere", only=sign_in_id):
        raise NotFound("not_found", "There is no such sign-in.")


async def end_other_sign_ins(unit: Unit, sign_ins: SignIns, caller: Caller) -> SignInsEnded:
    ended = await sign_ins.end(unit, caller.user_id, because="ended_elsewhere", but=caller.sign_in_id)
    return SignInsEnded(ended=ended)


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
