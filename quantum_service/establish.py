"""Contributions: one fresh secret for all devices of a conversation (PROTOCOL 7, docs/crypto.md "Contributions").

Promises: the secret leaves only encapsulated to each recipient, inside a transcript that is signed under the usage
`sign:establish`; recipients, nonce and context are those the client chose, so that everybody can check them. Does
not: know who the recipients are, or keep the secret. Anybody who shares the service's process knows it.
"""

from __future__ import annotations

import hashlib
import time
from itertools import pairwise

from quantum_service.entropy.pool import EntropyPool
from quantum_service.primitives import kem, keywrap, signatures
from quantum_service.primitives.errors import MalformedKey
from quantum_service.primitives.master_key import MasterKey, hkdf_sha256
from quantum_service.primitives.symmetric import aes_gcm_seal
from shared.encoding import Field, Label, fields
from shared.errors import Malformed
from shared.schemas.quantum import EstablishRequest, EstablishResponse, Recipient

SECRET_BYTES = 32


def establish(body: EstablishRequest, master: MasterKey, pool: EntropyPool) -> EstablishResponse:
    """The signed transcript; `Refused` when the notary key is none of usage `sign:establish`, or `HardwareMissing`."""
    recipients = sorted(body.recipients, key=lambda recipient: recipient.device_id.bytes)
    _check_distinct(recipients)
    notary_key = keywrap.unwrap(
        master, "hybrid", "sign:establish", body.notary_public_key, body.notary_wrapped_private_key
    )
    draw = pool.draw(SECRET_BYTES, body.require)
    transcript = fields(
        Label.ESTABLISH,
        body.conversation_id,
        body.generation,
        body.epoch,
        body.nonce,
        body.purpose,
        [_seal_to(recipient, body, draw.data) for recipient in recipients],
        draw.receipt.model_dump_json(),
        time.time_ns() // 1_000_000,
    )
    signature = signatures.wrap_sign(notary_key, body.notary_public_key, Label.ESTABLISH, b"", transcript)
    return EstablishResponse(transcript=transcript, signature=signature, receipt=draw.receipt)


def _check_distinct(recipients: list[Recipient]) -> None:
    """A doubled device or key would let one device stand for two."""
    same_device = any(a.device_id == b.device_id for a, b in pairwise(recipients))
    same_key = len({recipient.encapsulation_key for recipient in recipients}) < len(recipients)
    if same_device or same_key:
        raise Malformed("duplicate_recipient", "Each device and each encapsulation key may stand in the list once.")


def _seal_to(recipient: Recipient, body: EstablishRequest, secret: bytes) -> list[Field]:
    """One recipient of the transcript: device id, key number, key hash, KEM ciphertext, wrapped secret."""
    try:
        ciphertext, shared_secret = kem.encapsulate(recipient.encapsulation_key)
    except MalformedKey as error:
        details = {"device_id": str(recipient.device_id)}
        raise Malformed("malformed_key", "Not an ML-KEM-768 encapsulation key.", details=details) from error
    key_hash = hashlib.sha256(recipient.encapsulation_key).digest()
    context = fields(
        Label.ESTABLISH_WRAP,
        body.conversation_id,
        body.generation,
        body.epoch,
        body.nonce,
        body.purpose,
        recipient.device_id,
        key_hash,
    )
    wrapped = aes_gcm_seal(hkdf_sha256(shared_secret, body.nonce, context), secret, context)
    return [recipient.device_id, recipient.number, key_hash, ciphertext, wrapped]
