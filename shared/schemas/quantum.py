"""The contract between app_service and quantum_service: every body that crosses port 8001."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.schemas.base import Base64Bytes, Time, Wire

Algorithm = Literal["ML-KEM-768", "Falcon-512", "ECDSA-P256", "hybrid"]
Usage = Literal["kem", "sign:establish", "sign:receipt", "sign:tree-head", "sign:general"]
Purpose = Literal["found", "rotate"]
Requirement = Literal["any", "hardware"]
"""`hardware`: a draw whose seed has no credited part of a quantum device is refused (503)."""

MAX_BATCH = 256
MAX_RECIPIENTS = 1000
MAX_MESSAGE_BYTES = 65_536
MAX_TRANSCRIPT_BYTES = 1_310_720
"""Of a contribution for `MAX_RECIPIENTS`: 1,216 bytes for each, and the receipt."""
MAX_RANDOM_BYTES = 65_536
NOTARY_KEY_HEADER = "X-Notary-Public-Key"
NOTARY_BLOB_HEADER = "X-Notary-Wrapped-Private-Key"

PublicKey = Annotated[Base64Bytes, Field(min_length=1, max_length=2048)]
NotaryPublicKey = Annotated[Base64Bytes, Field(min_length=962, max_length=962)]
Signature = Annotated[Base64Bytes, Field(min_length=1, max_length=1024)]
Message = Annotated[Base64Bytes, Field(max_length=MAX_MESSAGE_BYTES)]
WrappedKey = Annotated[Base64Bytes, Field(min_length=58, max_length=4096)]


class KeygenRequest(Wire):
    algorithm: Algorithm = "ML-KEM-768"
    usage: Usage = "kem"


class KeyPair(Wire):
    algorithm: Algorithm
    usage: Usage
    public_key: Base64Bytes
    wrapped_private_key: Base64Bytes


class EncapsulateRequest(Wire):
    public_keys: list[PublicKey] = Field(min_length=1, max_length=MAX_BATCH)


class Encapsulation(Wire):
    ciphertext: Base64Bytes
    shared_secret: Base64Bytes


class EncapsulateResponse(Wire):
    items: list[Encapsulation]


class DecapsulateItem(Wire):
    public_key: PublicKey
    wrapped_private_key: WrappedKey
    ciphertext: Annotated[Base64Bytes, Field(min_length=1088, max_length=1088)]


class DecapsulateRequest(Wire):
    items: list[DecapsulateItem] = Field(min_length=1, max_length=MAX_BATCH)


class DecapsulateResponse(Wire):
    shared_secrets: list[Base64Bytes]


class SignItem(Wire):
    public_key: PublicKey
    wrapped_private_key: WrappedKey
    usage: Usage
    context: Message = b""
    message: Message


class SignRequest(Wire):
    """`sign` takes Falcon-512 keys, `wrap_sign` hybrid keys; the service writes the label from the usage."""

    items: list[SignItem] = Field(min_length=1, max_length=MAX_BATCH)


class SignResponse(Wire):
    signatures: list[Base64Bytes]


class VerifyItem(Wire):
    """`label` is any label: verifying another purpose's signature is harmless, making one is not."""

    public_key: PublicKey
    label: Annotated[str, Field(min_length=1, max_length=128)]
    context: Message = b""
    message: Annotated[Base64Bytes, Field(max_length=MAX_TRANSCRIPT_BYTES)]
    signature: Signature


class VerifyRequest(Wire):
    items: list[VerifyItem] = Field(min_length=1, max_length=MAX_BATCH)


class Verdict(Wire):
    valid: bool
    code: Literal["valid", "invalid_signature", "malformed_key", "malformed_signature"]


class VerifyResponse(Wire):
    items: list[Verdict]


class Recipient(Wire):
    device_id: UUID
    number: int = Field(ge=1, lt=2**63)
    encapsulation_key: Annotated[Base64Bytes, Field(min_length=1184, max_length=1184)]


class EstablishRequest(Wire):
    notary_public_key: NotaryPublicKey
    notary_wrapped_private_key: WrappedKey
    conversation_id: UUID
    generation: int = Field(ge=0, lt=2**32)
    epoch: int = Field(ge=0, lt=2**63)
    nonce: Annotated[Base64Bytes, Field(min_length=32, max_length=32)]
    purpose: Purpose
    require: Requirement = "any"
    recipients: list[Recipient] = Field(min_length=1, max_length=MAX_RECIPIENTS)


SourceHealth = Literal["starting", "healthy", "failed", "alarmed"]
"""No block yet, or the first since an alarm; the last was good; there was none; it failed a test."""


class HealthFigures(Wire):
    """SP 800-90B: each continuous test's worst statistic and cutoff, and the lowest estimates, in bits per bit."""

    longest_run: int
    """Equal bits in a row, also across blocks; an alarm from `repetition_cutoff` on."""
    repetition_cutoff: int
    highest_proportion: int
    """How often the first bit of 1,024 occurred among them; an alarm from `proportion_cutoff` on."""
    proportion_cutoff: int
    most_common_value: float
    markov: float
    estimate_cutoff: float
    """Below it either estimate raises an alarm."""


class EntropyPart(Wire):
    """What one source gave to the seed of the generator; a simulator is credited zero bits."""

    source: str
    simulated: bool
    backend: str
    job_id: str
    credited_bits: int
    figures: HealthFigures
    dropped_emitters: list[int]
    taken_at: Time


class AbsentSource(Wire):
    """A quantum source that is configured and gave nothing to this seed; `alarm` names the test that it failed."""

    source: str
    health: SourceHealth
    alarm: str | None


class EntropyReceipt(Wire):
    """Where the randomness of one draw came from: the operating system always, and what `parts` names."""

    sources: list[str]
    parts: list[EntropyPart]
    absent: list[AbsentSource]
    credited_bits: int
    quantum_contributed: bool
    simulated: bool
    reseeded_at: Time
    drawn_at: Time


class EstablishResponse(Wire):
    transcript: Base64Bytes
    signature: Base64Bytes
    receipt: EntropyReceipt


class SealItem(Wire):
    plaintext: Message
    associated_data: Message = b""


class EncryptRequest(Wire):
    items: list[SealItem] = Field(min_length=1, max_length=MAX_BATCH)


class EncryptResponse(Wire):
    sealed: list[Base64Bytes]


class OpenItem(Wire):
    sealed: Annotated[Base64Bytes, Field(min_length=57, max_length=MAX_MESSAGE_BYTES + 64)]
    associated_data: Message = b""


class DecryptRequest(Wire):
    items: list[OpenItem] = Field(min_length=1, max_length=MAX_BATCH)


class DecryptResponse(Wire):
    plaintexts: list[Base64Bytes]


class NotaryKey(Wire):
    """Who asks for a draw brings the key of usage `sign:receipt` that its receipt is to be signed with."""

    public_key: NotaryPublicKey
    wrapped_private_key: WrappedKey


class SignedDraw(Wire):
    """`statement` holds the receipt and the hash of what was drawn, `signature` is the notary key's."""

    statement: Base64Bytes
    signature: Base64Bytes


class RandomResponse(Wire):
    """`signed` is null when no notary key came with the request."""

    bytes: Base64Bytes
    receipt: EntropyReceipt
    signed: SignedDraw | None


class Alarm(Wire):
    test: str
    at: Time


class SourceState(Wire):
    """One source of the pool; credited bits are counted since the start."""

    name: str
    health: SourceHealth
    quantum: bool
    simulated: bool
    filled_bits: int
    capacity_bits: int
    age_seconds: float | None
    backend: str | None
    figures: HealthFigures | None
    alarms: int
    failures: int
    last_alarm: Alarm | None
    last_failure: str | None
    credited_bits_in: int
    credited_bits_out: int
    credited_bits_dropped: int


class PoolState(Wire):
    mode: Literal["quantum-mixed", "os-only"]
    sources: list[SourceState]
    reseeded_at: Time


class RawSample(Wire):
    """The newest raw bits of a source that were set aside to be shown: nothing that is drawn depends on them.

    `bits` are those of one emitter (qubit) after the other, as many of each; `alarm` is the test that their block
    failed.
    """

    source: str
    simulated: bool
    backend: str
    job_id: str
    taken_at: Time
    alarm: str | None
    emitters: int
    bits: Base64Bytes


class RawSamples(Wire):
    items: list[RawSample]


class QuantumHealth(Wire):
    status: Literal["ok", "degraded"]
    version: str
    providers: dict[str, str]
    entropy: PoolState
    self_tests: Literal["passed"]
    master_key_id: str
