"""`establish` without a service around it: `python -m tests.bench.in_process RECIPIENTS ROUNDS` prints seconds as JSON.

A process of its own, since the libraries are chosen once per process by `OQS_INSTALL_PATH`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey

from quantum_service.entropy.pool import EntropyPool
from quantum_service.entropy.sources.os import OsSource
from quantum_service.establish import SECRET_BYTES, establish
from quantum_service.operations import Operations
from quantum_service.primitives import kem, signatures
from quantum_service.primitives.master_key import MasterKey
from shared.encoding import Label, to_base64url
from shared.schemas.quantum import EstablishRequest, KeygenRequest


def request(recipients: int, public_key: str, wrapped_private_key: str) -> dict[str, Any]:
    """A body for `establish`, as app_service sends it."""
    keys = [MLKEM768PrivateKey.generate().public_key().public_bytes_raw() for _ in range(recipients)]
    return {
        "notary_public_key": public_key,
        "notary_wrapped_private_key": wrapped_private_key,
        "conversation_id": str(uuid4()),
        "generation": 0,
        "epoch": 1,
        "nonce": to_base64url(os.urandom(32)),
        "purpose": "rotate",
        "recipients": [
            {"device_id": str(uuid4()), "number": 1, "encapsulation_key": to_base64url(key)} for key in keys
        ],
    }


def main(recipients: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of each round, by operation."""
    master, random = MasterKey(os.urandom(32)), EntropyPool([OsSource()])
    operations = Operations(master, random)
    notary = operations.keygen(KeygenRequest(algorithm="hybrid", usage="sign:establish"))
    pair = notary.model_dump(mode="json")
    body = EstablishRequest.model_validate(request(recipients, pair["public_key"], pair["wrapped_private_key"]))
    encapsulation_key = body.recipients[0].encapsulation_key
    public_key, private_key = signatures.generate_hybrid(random.random)
    parts: dict[str, Callable[[], object]] = {
        "establish": lambda: establish(body, master, random),
        "sign": lambda: signatures.wrap_sign(private_key, public_key, Label.ESTABLISH, b"", bytes(1000)),
        "encapsulate": lambda: kem.encapsulate(encapsulation_key),
        "draw": lambda: random.draw(SECRET_BYTES),
    }
    return {name: [_seconds(work) for _ in range(rounds)] for name, work in parts.items()}


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    print(json.dumps(main(*map(int, sys.argv[1:]))))
