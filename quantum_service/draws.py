"""Draws with their receipt, signed by the notary key that the caller brings (docs/crypto.md "Draws").

    statement = fields(draw/v1, SHA-512(drawn bytes), receipt (UTF-8 JSON))

Promises: the label is written here alone, so that neither `wrap_sign` nor a message's receipt can ever stand for a
draw's, though the key of usage `sign:receipt` is the same (PROTOCOL 11.1). Does not: sign for a caller without that
key. This service keeps none: who pins a notary key pins that of an app_service (PROTOCOL 11.2).
"""

from __future__ import annotations

import hashlib

from quantum_service.entropy.pool import EntropyPool
from quantum_service.primitives import keywrap, signatures
from quantum_service.primitives.master_key import MasterKey
from shared.encoding import Label, fields
from shared.schemas.quantum import NotaryKey, RandomResponse, Requirement, SignedDraw


def draw(
    pool: EntropyPool, master: MasterKey, length: int, require: Requirement, notary: NotaryKey | None
) -> RandomResponse:
    """`Refused` when the notary key is none of usage `sign:receipt`; `HardwareMissing`."""
    private_key = None if notary is None else _unwrapped(master, notary)
    drawn = pool.draw(length, require)
    signed = None
    if notary is not None and private_key is not None:
        statement = fields(Label.DRAW, hashlib.sha512(drawn.data).digest(), drawn.receipt.model_dump_json())
        signature = signatures.wrap_sign(private_key, notary.public_key, Label.DRAW, b"", statement)
        signed = SignedDraw(statement=statement, signature=signature)
    return RandomResponse(bytes=drawn.data, receipt=drawn.receipt, signed=signed)


def _unwrapped(master: MasterKey, notary: NotaryKey) -> bytes:
    return keywrap.unwrap(master, "hybrid", "sign:receipt", notary.public_key, notary.wrapped_private_key)
