"""The ways into an account, and how they are changed without ever closing all of them (PROTOCOL 2.4, 2.5).

Promises: each change is one transaction, so that after a crash either the old secret is good or the new one; a change
that is sent again because its answer got lost is answered as done; a recovery token opens the vault and the password
change and nothing else.
Does not: see whether a wrap opens. Only the browser that made it can, and does.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app_service.accounts import repository as accounts
from app_service.accounts.access import Owner
from app_service.accounts.passwords import wrong_credentials
from app_service.accounts.schemas import Proof
from app_service.accounts.service import AccountService, proven
from app_service.accounts.sign_ins import summary
from app_service.accounts.tokens import RECOVERY_LIFETIME, Caller, Tokens, recovery_expired
from app_service.credentials.schemas import (
    Changed,
    PasswordChange,
    RawPasswordChange,
    RecoverRequest,
    Recovery,
    RecoveryCodeChange,
)
from app_service.db import Unit
from app_service.models import User
from app_service.models.base import now
from app_service.vault import repository as vaults
from app_service.vault.service import write_next
from shared.errors import ApiError, Conflict, Malformed, Unauthorized


@dataclass(frozen=True, repr=False)
class CredentialService:
    accounts: AccountService
    tokens: Tokens

    async def recover(self, body: RecoverRequest, address: str) -> Recovery:
        """A token for the owner of the recovery code; 401 `wrong_recovery_code`, after the same work for every name."""
        await self.accounts.limits.recover(body.username, address)
        async with self.accounts.database.read() as session:
            user = await accounts.user_by_login(session, body.username)
        verifier = user.recovery_hash if user else None
        try:
            await self.accounts.passwords.check(body.recovery_auth_secret, verifier or self.accounts.passwords.nobody)
        except Unauthorized as error:
            raise _wrong_code() from error
        if user is None or verifier is None:
            raise _wrong_code()
        return Recovery(
            recovery_token=self.tokens.recovery_token(user.id, verifier, now()),
            expires_in=int(RECOVERY_LIFETIME.total_seconds()),
            user=summary(user),
            identity_public_key=user.identity_public_key,
        )

    async def change_password(self, owner: Owner, body: PasswordChange, seen: int, address: str) -> Changed:
        """Verifier, salt, wrap and vault at once; every other sign-in ends."""
        done = await self._done_before(owner.user_id, "password", body.wrap)
        if done is not None:
            return done
        try:
            proved = await self._proof(owner, body, address)
        except Unauthorized:
            # Sent twice at once: the other one was quicker, and what proved this one is no password any more.
            done = await self._done_before(owner.user_id, "password", body.wrap)
            if done is None:
                raise
            return done
        verifier = await self.accounts.passwords.verifier(body.new_auth_secret)
        async with self.accounts.database.write() as unit:
            user = await accounts.locked_user(unit.session, owner.user_id)
            done = await _done(unit.session, user.id, "password", body.wrap)
            if done is not None:
                return done
            _demand(user, owner, proved)
            version = await write_next(unit, user.id, body.vault, seen)
            await vaults.put_wrap(unit.session, user.id, "password", version, body.wrap)
            await self._take(unit, user, owner.sign_in_id, body.salt, verifier, "browser")
        return Changed(vault_version=version)

    async def _done_before(self, user_id: UUID, kind: str, sealed: bytes) -> Changed | None:
        async with self.accounts.database.read() as session:
            return await _done(session, user_id, kind, sealed)

    async def _proof(self, owner: Owner, body: PasswordChange, address: str) -> str:
        """The verifier of what proves the owner: the recovery token's code, or else the password."""
        if (owner.recovery_verifier is None) == (body.auth_secret is None):
            raise Malformed("malformed", "Prove the change with auth_secret, or else with a recovery token.")
        if owner.recovery_verifier is not None:
            return owner.recovery_verifier
        return await self.accounts.prove(owner.user_id, Proof(auth_secret=body.auth_secret), address)

    async def change_raw_password(self, owner: Owner, body: RawPasswordChange, address: str) -> Changed:
        """For an account without a vault; 409 `has_vault` for the others, whose key only a browser can wrap anew."""
        async with self.accounts.database.read() as session:
            user = await accounts.user(session, owner.user_id)
            await _demand_no_vault(session, user.id)
        warnings = await self.accounts.judge(body.new_password, user.username, user.email)
        try:
            proved = await self.accounts.prove(user.id, Proof(password=body.password), address)
        except Unauthorized:
            # Perhaps it is done already, and the answer got lost.
            await self.accounts.prove(user.id, Proof(password=body.new_password), address)
            return Changed(vault_version=None, warnings=warnings)
        salt, verifier = await self.accounts.raw_verifier(body.new_password, user.username)
        async with self.accounts.database.write() as unit:
            current = await proven(unit, user.id, proved)
            await _demand_no_vault(unit.session, user.id)
            await self._take(unit, current, owner.sign_in_id, salt, verifier, "api")
        return Changed(vault_version=None, warnings=warnings)

    async def change_recovery_code(self, caller: Caller, body: RecoveryCodeChange, seen: int, address: str) -> Changed:
        """The new code's verifier and wrap at once; what was begun with the old one is over."""
        done = await self._done_before(caller.user_id, "recovery", body.wrap)
        if done is not None:
            return done
        proved = await self.accounts.prove(caller.user_id, Proof(auth_secret=body.auth_secret), address)
        verifier = await self.accounts.passwords.verifier(body.recovery_auth_secret)
        async with self.accounts.database.write() as unit:
            user = await proven(unit, caller.user_id, proved)
            done = await _done(unit.session, user.id, "recovery", body.wrap)
            if done is not None:
                return done
            version = await write_next(unit, user.id, body.vault, seen)
            await vaults.put_wrap(unit.session, user.id, "recovery", version, body.wrap)
            user.recovery_hash = verifier
        return Changed(vault_version=version)

    async def _take(
        self, unit: Unit, user: User, sign_in_id: UUID | None, salt: bytes, verifier: str, origin: str
    ) -> None:
        """The new password counts, and only the sign-in that changed it goes on."""
        user.salt, user.password_hash, user.password_origin = salt, verifier, origin
        await self.accounts.sign_ins.end(unit, user.id, because="password_changed", but=sign_in_id)


async def _done(session: AsyncSession, user_id: UUID, kind: str, sealed: bytes) -> Changed | None:
    """The answer to a change that was made already: nobody but its author has these random bytes."""
    wrap = await vaults.wrap(session, user_id, kind)
    return Changed(vault_version=wrap.version) if wrap is not None and wrap.sealed == sealed else None


def _demand(user: User, owner: Owner, proved: str) -> None:
    """What was proved before the transaction still holds in it."""
    if owner.recovery_verifier is None and user.password_hash != proved:
        raise wrong_credentials()
    if owner.recovery_verifier is not None and user.recovery_hash != proved:
        raise recovery_expired()


async def _demand_no_vault(session: AsyncSession, user_id: UUID) -> None:
    if await accounts.newest_vault_version(session, user_id) is not None:
        raise Conflict("has_vault", "Only a browser can wrap this account's vault anew. Change the password there.")


def _wrong_code() -> ApiError:
    return Unauthorized("wrong_recovery_code", "The name or the recovery code is wrong.")
