"""Devices: certified by their account, proved by their own key, listed without gaps (PROTOCOL 3.1 to 3.5).

Every signature is verified by quantum_service before a unit is opened; the unit then checks again what may have
changed meanwhile, and stores.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app_service.accounts import repository as accounts
from app_service.accounts.access import DeviceCaller
from app_service.accounts.sign_ins import SignIns
from app_service.accounts.tokens import CHALLENGE_LIFETIME, Caller, Tokens, not_authenticated
from app_service.db import Database, Unit
from app_service.directory import repository
from app_service.directory.schemas import (
    Bound,
    Challenge,
    ChallengeAnswer,
    DeviceAdded,
    MlKemKeyTaken,
    NewDevice,
    Revocation,
    SignedMlKemKey,
)
from app_service.directory.statements import (
    BadStatement,
    Issuer,
    certified_key,
    challenge_statement,
    check_added,
    check_revoked,
    check_succession,
    encapsulation_key,
    read_list,
)
from app_service.installation import Installation
from app_service.models import Device, DeviceList, MlKemKey, SignIn, User
from app_service.models.base import now
from app_service.quantum_client import QuantumClient
from app_service.realtime import events as domain
from app_service.realtime.events import Events
from shared.encoding import Label, to_base64url
from shared.errors import ApiError, Conflict, Forbidden, Malformed, NotFound
from shared.schemas.quantum import VerifyItem


@dataclass(frozen=True, repr=False)
class DirectoryService:
    database: Database
    quantum: QuantumClient
    installation: Installation
    tokens: Tokens
    sign_ins: SignIns
    events: Events

    def challenge(self, caller: Caller) -> Challenge:
        text = self.tokens.challenge(caller.sign_in_id, now())
        return Challenge(challenge=text, expires_in=int(CHALLENGE_LIFETIME.total_seconds()))

    async def add_device(self, caller: Caller, body: NewDevice) -> DeviceAdded:
        """A new device: certificate, list and ML-KEM key are stored together, and the sign-in is bound to it."""
        self.tokens.check_challenge(body.challenge, caller.sign_in_id)
        async with self.database.read() as session:
            user = await accounts.user(session, caller.user_id)
            newest = await repository.newest_list(session, user.id)
        identity = user.identity_public_key
        if identity is None:
            raise Conflict("no_identity", "This account has no identity key yet. Complete it first.")
        issuer = self._issuer(user.id)
        with _named("bad_device_list"):
            version = read_list(body.list, issuer).version
        _demand_next(version, newest)
        device, ml_kem = self._read_device(body, issuer, newest, version)
        await self._verify(
            _item(Label.DEVICE_CERTIFICATE, identity, body.certificate, body.certificate_signature),
            _item(Label.DEVICE_LIST, identity, body.list, body.list_signature),
            _item(Label.ML_KEM_KEY, device.signature_key, ml_kem.statement, ml_kem.signature),
            _challenge_item(issuer, device.id, device.signature_key, body),
        )
        async with self.database.write() as unit:
            await self._extend_list(unit, user, version, body.list, body.list_signature)
            if await repository.device_exists(unit.session, device.id):
                raise Conflict("device_exists", "There is a device with this id.")
            unit.session.add(device)
            await unit.session.flush()
            unit.session.add(ml_kem)
            token = self.sign_ins.bind(unit, await _own_sign_in(unit, caller), device.id)
            await self.events.publish(unit, domain.DeviceAdded(user.id, device.id))
            await self._tell(unit, user.id, version)
        return DeviceAdded(access_token=token, expires_in=self._expires_in, device_id=device.id, list_version=version)

    def _read_device(
        self, body: NewDevice, issuer: Issuer, newest: DeviceList | None, version: int
    ) -> tuple[Device, MlKemKey]:
        with _named("bad_certificate"):
            key = certified_key(body.certificate, issuer, body.device_id, version)
        with _named("bad_device_list"):
            before = newest.statement if newest else None
            stated = read_list(body.list, issuer)
            check_succession(before, stated, issuer)
            check_added(before, stated, issuer, body.device_id, key)
        with _named("bad_ml_kem_key"):
            encapsulation = encapsulation_key(body.ml_kem.statement, issuer, body.device_id, body.ml_kem.number)
        moment = now()
        device = Device(
            id=body.device_id,
            user_id=issuer.user_id,
            created_at=moment,
            last_seen_at=moment,
            revoked_at=None,
            signature_key=key,
            list_version=version,
            certificate=body.certificate,
            certificate_signature=body.certificate_signature,
        )
        return device, _ml_kem_key(body.device_id, body.ml_kem, encapsulation, moment)

    async def replace_ml_kem_key(self, caller: DeviceCaller, body: SignedMlKemKey) -> MlKemKeyTaken:
        """The next ML-KEM key of the device that calls (P3.5); a repeat is answered as the first time."""
        async with self.database.read() as session:
            device = await _calling_device(session, caller, lock=False)
            known = await repository.ml_kem_keys(session, [device.id])
        issuer = self._issuer(caller.user_id)
        with _named("bad_ml_kem_key"):
            key = encapsulation_key(body.statement, issuer, device.id, body.number)
        if (taken := _taken(known, body.number, key)) is not None:
            return taken
        await self._verify(_item(Label.ML_KEM_KEY, device.signature_key, body.statement, body.signature))
        moment = now()
        async with self.database.write() as unit:
            await accounts.lock_users(unit.session, await self._audience(unit, caller.user_id))
            await _calling_device(unit.session, caller, lock=True)
            known = await repository.ml_kem_keys(unit.session, [device.id])
            if (taken := _taken(known, body.number, key)) is not None:
                return taken
            unit.session.add(_ml_kem_key(device.id, body, key, moment))
            user = await accounts.user(unit.session, caller.user_id)
            await self._tell(unit, user.id, user.list_version)
        return MlKemKeyTaken(number=body.number, time=moment)

    async def bind(self, caller: Caller, device_id: UUID, body: ChallengeAnswer) -> Bound:
        """Bind the sign-in to a device of the account that this browser still holds."""
        self.tokens.check_challenge(body.challenge, caller.sign_in_id)
        async with self.database.read() as session:
            device = await repository.live_device(session, caller.user_id, device_id)
        if device is None:
            raise _no_device()
        issuer = self._issuer(caller.user_id)
        await self._verify(_challenge_item(issuer, device.id, device.signature_key, body))
        async with self.database.write() as unit:
            current = await repository.live_device(unit.session, caller.user_id, device_id, lock=True)
            if current is None:
                raise _no_device()
            current.last_seen_at = now()
            token = self.sign_ins.bind(unit, await _own_sign_in(unit, caller), device_id)
        return Bound(access_token=token, expires_in=self._expires_in, device_id=device_id)

    async def revoke(self, user_id: UUID, device_id: UUID, body: Revocation) -> None:
        """Take a device out of service for good: its sign-ins end, its key packages are gone."""
        async with self.database.read() as session:
            user = await accounts.user(session, user_id)
            newest = await repository.newest_list(session, user.id)
            device = await repository.live_device(session, user.id, device_id)
        if device is None or newest is None or user.identity_public_key is None:
            raise _no_device()
        issuer = self._issuer(user.id)
        with _named("bad_device_list"):
            stated = read_list(body.list, issuer)
        _demand_next(stated.version, newest)
        with _named("bad_device_list"):
            check_succession(newest.statement, stated, issuer)
            check_revoked(newest.statement, stated, issuer, device_id)
        await self._verify(_item(Label.DEVICE_LIST, user.identity_public_key, body.list, body.list_signature))
        async with self.database.write() as unit:
            await self._extend_list(unit, user, stated.version, body.list, body.list_signature)
            current = await repository.live_device(unit.session, user.id, device_id, lock=True)
            if current is None:
                raise _no_device()
            current.revoked_at = now()
            await repository.delete_key_packages(unit.session, device_id)
            await self.sign_ins.end(unit, user.id, because="device_removed", of_device=device_id)
            await self.events.publish(unit, domain.DeviceRevoked(user.id, device_id))
            await self._tell(unit, user.id, stated.version)

    async def _extend_list(self, unit: Unit, seen: User, version: int, statement: bytes, signature: bytes) -> None:
        """Store list n+1 on top of n, under the account's lock; 409 when another one was quicker (P3.1)."""
        # Whoever is told is locked with it: two people who change their lists at once must not wait for each other.
        await accounts.lock_users(unit.session, await self._audience(unit, seen.id))
        user = await accounts.locked_user(unit.session, seen.id)
        newest = await repository.newest_list(unit.session, user.id)
        _demand_next(version, newest)
        if user.identity_public_key != seen.identity_public_key:
            raise Conflict("no_identity", "The account's identity key changed meanwhile.")
        user.list_version = version
        unit.session.add(
            DeviceList(user_id=user.id, version=version, statement=statement, signature=signature, created_at=now())
        )
        await unit.session.flush()

    async def _tell(self, unit: Unit, user_id: UUID, version: int) -> None:
        payload = {"user_id": str(user_id), "list_version": version}
        await self.events.record(unit, "key_change", dict.fromkeys(await self._audience(unit, user_id), payload))

    async def _audience(self, unit: Unit, user_id: UUID) -> set[UUID]:
        """Who keeps a copy of this account's keys."""
        return {user_id, *await repository.acquaintances(unit.session, user_id)}

    async def _verify(self, *items: VerifyItem) -> None:
        """422 `bad_signature` unless both halves of every signature are valid."""
        for item, verdict in zip(items, await self.quantum.verify(list(items)), strict=True):
            if not verdict.valid:
                purpose = item.label.split("/")[1]
                raise Malformed(
                    "bad_signature", "A signature does not verify.", details={"statement": purpose, "why": verdict.code}
                )

    def _issuer(self, user_id: UUID) -> Issuer:
        return Issuer(self.installation.server_name, user_id)

    @property
    def _expires_in(self) -> int:
        return int(self.tokens.access_lifetime.total_seconds())


def _ml_kem_key(device_id: UUID, signed: SignedMlKemKey, key: bytes, moment: datetime) -> MlKemKey:
    return MlKemKey(
        device_id=device_id,
        number=signed.number,
        encapsulation_key=key,
        statement=signed.statement,
        signature=signed.signature,
        created_at=moment,
    )


def _taken(known: Sequence[MlKemKey], number: int, key: bytes) -> MlKemKeyTaken | None:
    """When the newest key is this very one; None: it may come next. Raises for other numbers and keys of the past."""
    newest = known[-1]
    if (number, key) == (newest.number, newest.encapsulation_key):
        return MlKemKeyTaken(number=number, time=newest.created_at)
    if number != newest.number + 1:
        details = {"number": newest.number}
        raise Conflict("ml_kem_key_exists", "Another ML-KEM key comes next for this device.", details=details)
    if any(key == former.encapsulation_key for former in known):
        raise Malformed("bad_ml_kem_key", "This key was replaced before, and does not come back.")
    return None


async def _calling_device(session: AsyncSession, caller: DeviceCaller, *, lock: bool) -> Device:
    device = await repository.live_device(session, caller.user_id, caller.device_id, lock=lock)
    if device is None:
        raise Forbidden("device_required", "This device is revoked.")
    return device


def _item(label: str, public_key: bytes, message: bytes, signature: bytes) -> VerifyItem:
    return VerifyItem(label=label, public_key=public_key, message=message, signature=signature)


def _challenge_item(issuer: Issuer, device_id: UUID, key: bytes, body: ChallengeAnswer) -> VerifyItem:
    return _item(Label.AUTH, key, challenge_statement(issuer, device_id, body.challenge), body.challenge_signature)


def _demand_next(version: int, newest: DeviceList | None) -> None:
    if version != (newest.version if newest else 0) + 1:
        details = (
            {}
            if newest is None
            else {
                "version": newest.version,
                "statement": to_base64url(newest.statement),
                "signature": to_base64url(newest.signature),
            }
        )
        raise Conflict(
            "device_list_changed", "The device list is not the one after the newest. Sign it anew.", details=details
        )


@contextmanager
def _named(code: str) -> Iterator[None]:
    try:
        yield
    except BadStatement as error:
        raise Malformed(code, f"The statement cannot be stored: {error}.") from error


async def _own_sign_in(unit: Unit, caller: Caller) -> SignIn:
    sign_in = await accounts.live_sign_in(unit.session, caller.user_id, caller.sign_in_id)
    if sign_in is None:
        raise not_authenticated()
    return sign_in


def _no_device() -> ApiError:
    return NotFound("not_found", "There is no such device.")
