"""People, browsers and keys for tests: what the web client makes, made in Python."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any, Final
from uuid import UUID

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pqcrypto.sign import falcon_512
from uuid_utils.compat import uuid7

from shared.encoding import SUITE, Field, Label, fields, pack_signature, signature_input, to_base64url
from tests.factories_mls import vector

Json = dict[str, Any]

OUR_EXTENSIONS: Final = (0xF0A1, 0xF0A2, 0xF0A3)
LAST_RESORT: Final = 0x000A


FALCON_KEYS: Final = 8


@cache
def _falcon_key(number: int) -> tuple[bytes, bytes]:
    public, private = falcon_512.generate_keypair()
    return public, private


class HybridKey:
    """A Falcon-512 and an ECDSA P-256 key that sign together.

    The Falcon halves take turns, since making one takes as long as a whole request: of eight keys made one after the
    other no two share a half, and the ECDSA halves are always new, so that no two keys are the same.
    """

    _numbers = count()

    def __init__(self) -> None:
        falcon_public, self._falcon = _falcon_key(next(self._numbers) % FALCON_KEYS)
        self._ecdsa = ec.generate_private_key(ec.SECP256R1())
        point = self._ecdsa.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public: bytes = falcon_public + point

    @property
    def hash(self) -> bytes:
        return hashlib.sha256(self.public).digest()

    def sign(self, label: str, message: bytes, context: bytes = b"") -> bytes:
        signed = signature_input(label, self.public, context, message)
        r, s = decode_dss_signature(self._ecdsa.sign(signed, ec.ECDSA(SHA256())))
        return pack_signature(falcon_512.sign(self._falcon, signed), r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def milliseconds() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


def key_package(
    user_id: UUID,
    device_id: UUID,
    signature_key: bytes,
    *,
    suite: int = 83,
    lifetime: tuple[timedelta, timedelta] = (timedelta(hours=-1), timedelta(days=89)),
    extensions: Iterable[int] = OUR_EXTENSIONS,
    last_resort: bool = False,
) -> bytes:
    """An MLSMessage with a key package whose clear fields are right and whose keys and signatures are random."""
    now = datetime.now(UTC)
    begin, end = (int((now + offset).timestamp()) for offset in lifetime)
    capabilities = b"".join(vector(_numbers(numbers)) for numbers in ((1,), (suite,), tuple(extensions), (), (1,)))
    leaf = b"".join(
        (
            vector(os.urandom(1216)),
            vector(signature_key),
            b"\x00\x01",
            vector(user_id.bytes + device_id.bytes),
            capabilities,
            b"\x01",
            begin.to_bytes(8, "big"),
            end.to_bytes(8, "big"),
            vector(b""),
            vector(os.urandom(700)),
        )
    )
    marks = LAST_RESORT.to_bytes(2, "big") + vector(b"") if last_resort else b""
    body = b"\x00\x01" + suite.to_bytes(2, "big") + vector(os.urandom(1216)) + leaf
    return b"\x00\x01\x00\x05" + body + vector(marks) + vector(os.urandom(700))


def _numbers(numbers: Iterable[int]) -> bytes:
    return b"".join(number.to_bytes(2, "big") for number in numbers)


@dataclass
class Device:
    """What a browser keeps of its own device."""

    id: UUID = field(default_factory=uuid7)
    key: HybridKey = field(default_factory=HybridKey)
    ml_kem: MLKEM768PrivateKey = field(default_factory=MLKEM768PrivateKey.generate)
    ml_kem_number: int = 1

    def replace_ml_kem(self) -> None:
        self.ml_kem, self.ml_kem_number = MLKEM768PrivateKey.generate(), self.ml_kem_number + 1


@dataclass(frozen=True)
class ListEntry:
    device_id: UUID
    key_hash: bytes
    added: int
    revoked: int = 0


class Identity:
    """The account's own view of its identity key and device list, as the vault would hold it."""

    def __init__(self, server_name: str, user_id: UUID) -> None:
        self.server_name, self.user_id = server_name, user_id
        self.key = HybridKey()
        self.entries: list[ListEntry] = []
        self.version = 0
        self.list_hash = bytes(32)

    def certificate(self, device: Device, version: int) -> bytes:
        falcon, ecdsa = device.key.public[:897], device.key.public[897:]
        return fields(
            Label.DEVICE_CERTIFICATE,
            self.server_name,
            self.user_id,
            device.id,
            falcon,
            ecdsa,
            SUITE,
            version,
            milliseconds(),
        )

    def list_statement(self, entries: Iterable[ListEntry], version: int, previous: bytes) -> bytes:
        ordered = sorted(entries, key=lambda entry: entry.device_id.bytes)
        items: list[Field] = [[entry.device_id, entry.key_hash, entry.added, entry.revoked] for entry in ordered]
        return fields(Label.DEVICE_LIST, self.server_name, self.user_id, version, previous, milliseconds(), items)

    def ml_kem_statement(self, device: Device, number: int) -> bytes:
        key = device.ml_kem.public_key().public_bytes_raw()
        return fields(Label.ML_KEM_KEY, self.server_name, self.user_id, device.id, number, key, milliseconds())

    def signed_ml_kem(self, device: Device, number: int) -> Json:
        statement = self.ml_kem_statement(device, number)
        signature = device.key.sign(Label.ML_KEM_KEY, statement)
        return {"number": number, "statement": to_base64url(statement), "signature": to_base64url(signature)}

    def with_device(self, device: Device) -> list[ListEntry]:
        return [*self.entries, ListEntry(device.id, device.key.hash, self.version + 1)]

    def without_device(self, device_id: UUID) -> list[ListEntry]:
        version = self.version + 1
        return [
            ListEntry(entry.device_id, entry.key_hash, entry.added, version) if entry.device_id == device_id else entry
            for entry in self.entries
        ]

    def accept(self, entries: list[ListEntry], statement: bytes) -> None:
        """The server took this list."""
        self.entries, self.version = entries, self.version + 1
        self.list_hash = hashlib.sha256(statement).digest()

    def signed_list(self, entries: Iterable[ListEntry]) -> tuple[bytes, Json]:
        statement = self.list_statement(entries, self.version + 1, self.list_hash)
        signature = self.key.sign(Label.DEVICE_LIST, statement)
        return statement, {"list": to_base64url(statement), "list_signature": to_base64url(signature)}

    def new_device(self, device: Device, challenge: str) -> tuple[bytes, Json]:
        """The list statement and the body of `POST /api/devices`."""
        statement, body = self.signed_list(self.with_device(device))
        certificate = self.certificate(device, self.version + 1)
        body |= {
            "device_id": str(device.id),
            "certificate": to_base64url(certificate),
            "certificate_signature": to_base64url(self.key.sign(Label.DEVICE_CERTIFICATE, certificate)),
            "ml_kem": self.signed_ml_kem(device, 1),
            **self.challenge_answer(device, challenge),
        }
        return statement, body

    def challenge_answer(self, device: Device, challenge: str) -> Json:
        statement = fields(Label.AUTH, self.server_name, self.user_id, device.id, challenge)
        return {
            "challenge": challenge,
            "challenge_signature": to_base64url(device.key.sign(Label.AUTH, statement)),
        }


class Browser:
    """One program of one person: a client with its access token and, once it has one, a device."""

    def __init__(self, http: httpx.AsyncClient, username: str) -> None:
        self.http = http
        self.username = username
        self.token: str | None = None
        self.refresh_token: str | None = None
        self.user_id = UUID(int=0)
        self.auth_secret = os.urandom(32)
        self.recovery_secret = os.urandom(32)
        self.salt = os.urandom(16)
        self.device = Device.__new__(Device)
        self._identity: Identity | None = None

    @property
    def identity(self) -> Identity:
        assert self._identity is not None, "this account has no identity yet"
        return self._identity

    @property
    def email(self) -> str:
        return f"{self.username}@example.com"

    async def call(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        given = dict(headers or {})
        if self.token is not None:
            given["Authorization"] = f"Bearer {self.token}"
        return await self.http.request(method, path, json=body, headers=given)

    async def get(self, path: str) -> Any:
        return await self.ok("GET", path)

    async def post(self, path: str, body: Any = None) -> Any:
        return await self.ok("POST", path, body)

    async def ok(self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None) -> Any:
        """The JSON of a call that must succeed."""
        response = await self.call(method, path, body, headers=headers)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.content else None

    def registration(self) -> Json:
        """The body that the web client sends."""
        return {
            "username": self.username,
            "email": self.email,
            "auth_secret": to_base64url(self.auth_secret),
            "salt": to_base64url(self.salt),
            "user_id": str(self.user_id),
            "identity_public_key": to_base64url(self.identity.key.public),
            "recovery_auth_secret": to_base64url(self.recovery_secret),
            "vault": to_base64url(os.urandom(500)),
            "wraps": {"password": to_base64url(os.urandom(60)), "recovery": to_base64url(os.urandom(60))},
        }

    async def prepare_identity(self, user_id: UUID | None = None) -> None:
        self.user_id = user_id or uuid7()
        server_name = (await self.get("/api/config"))["server_name"]
        self._identity = Identity(server_name, self.user_id)

    async def register(self) -> Json:
        """As the web client does: identity, vault and wraps in one call."""
        await self.prepare_identity()
        answer: Json = await self.post("/api/register", self.registration())
        self.signed_in(answer)
        return answer

    async def register_raw(self, password: str = "correct horse battery staple") -> Json:
        """As `curl` does: no keys yet."""
        body = {"username": self.username, "email": self.email, "password": password}
        answer: Json = await self.post("/api/register", body)
        self.user_id = UUID(answer["user"]["id"])
        self.signed_in(answer)
        return answer

    async def login(self) -> Json:
        self.token = None
        body = {"username": self.username, "auth_secret": to_base64url(self.auth_secret)}
        answer: Json = await self.post("/api/login", body)
        self.signed_in(answer)
        return answer

    def signed_in(self, answer: Json) -> None:
        self.token, self.refresh_token = answer["access_token"], answer["refresh_token"]

    async def challenge(self) -> str:
        return str((await self.post("/api/devices/challenge"))["challenge"])

    async def add_device(self) -> Json:
        """Make a device, certify it, publish it; the browser then holds a bound token."""
        device = Device()
        statement, body = self.identity.new_device(device, await self.challenge())
        answer: Json = await self.post("/api/devices", body)
        self.identity.accept(self.identity.with_device(device), statement)
        self.device, self.token = device, answer["access_token"]
        return answer

    def next_ml_kem_key(self) -> Json:
        """The body that replaces the device's ML-KEM key."""
        self.device.replace_ml_kem()
        return self.identity.signed_ml_kem(self.device, self.device.ml_kem_number)

    def key_package(self, **changes: Any) -> bytes:
        return key_package(self.user_id, self.device.id, self.device.key.public, **changes)

    async def upload_key_packages(self, count: int = 3, *, last_resort: bool = True) -> Json:
        body: Json = {"key_packages": [to_base64url(self.key_package()) for _ in range(count)]}
        if last_resort:
            body["last_resort"] = to_base64url(self.key_package(last_resort=True))
        answer: Json = await self.post("/api/devices/key-packages", body)
        return answer

    def second(self, http: httpx.AsyncClient) -> Browser:
        """Another browser of the same person, which opened the same vault."""
        other = Browser(http, self.username)
        other.user_id, other.auth_secret, other._identity = self.user_id, self.auth_secret, self._identity
        return other


async def connect(asking: Browser, accepting: Browser) -> Json:
    """Connect two people; the answer to `respond`, with the session."""
    request = await asking.post("/api/connection/request", {"username": accepting.username})
    answer: Json = await accepting.post("/api/connection/respond", {"request_id": request["id"], "accept": True})
    return answer
