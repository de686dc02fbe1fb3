"""Whatever bytes come, each decoder reads them or refuses them by its documented exception, and by no other.

Half of the inputs are noise, half are good ones that were cut, changed or mixed. `FUZZ_EXAMPLES` and `FUZZ_SEED`
choose how many and which; a failure prints both.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, note, seed, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from app_service.conversations.authenticated_data import decode, decode_commit, read_room_change
from app_service.conversations.mls_header import parse_private_message, parse_welcome
from app_service.conversations.room_policy import Invitation, Policy, decode_policy, encode_policy
from app_service.conversations.session_state import SessionState, encode_session_state, read_session_state
from app_service.conversations.transcript import read_transcript
from app_service.directory.key_package import check_key_package
from app_service.directory.statements import BadStatement, Issuer, certified_key, encapsulation_key, read_list
from app_service.mls import MalformedMls
from app_service.socket.frames import read_frame
from quantum_service.entropy.sources import SourceFailed, child
from quantum_service.primitives import kem, keywrap, signatures, symmetric
from quantum_service.primitives.errors import InvalidSignature, MalformedCiphertext, MalformedKey, Refused
from quantum_service.primitives.master_key import MasterKey
from shared.encoding import (
    Field,
    Label,
    MalformedEncoding,
    fields,
    from_base64url,
    split_public_key,
    to_base64url,
    unpack_signature,
)
from tests import factories_mls as mls
from tests.factories import Device, Identity, key_package
from tests.figures import tried

EXAMPLES: Final = int(os.environ.get("FUZZ_EXAMPLES", "150"))
SEED: Final = int(os.environ.get("FUZZ_SEED", "1"))

USER: Final = uuid7()
ISSUER: Final = Issuer("chat", USER)
IDENTITY: Final = Identity("chat", USER)
DEVICE: Final = Device()
SIGNATURE: Final = DEVICE.key.sign(Label.SIGN_GENERAL, b"message")
MASTER: Final = MasterKey(bytes(32))
SEALED: Final = symmetric.encrypt(MASTER, b"text", b"", os.urandom)
WRAPPED: Final = keywrap.wrap(MASTER, "hybrid", "sign:general", b"public", b"private", os.urandom)
ML_KEM_SEED: Final = bytes(range(64))
NOW: Final = datetime.now(UTC)
POLICY: Final = Policy(USER, frozenset({DEVICE.id}), invitations=(Invitation(USER, DEVICE.key.public, USER, 1, 2, 1),))


class Decoder(NamedTuple):
    name: str
    read: Callable[[bytes], Any]
    refusal: type[Exception] | tuple[type[Exception], ...]
    good: tuple[bytes, ...]


def _text(read: Callable[[str], Any]) -> Callable[[bytes], Any]:
    return lambda data: read(data.decode("utf-8", "surrogateescape"))


def _transcript() -> bytes:
    part: Field = [DEVICE.id, 1, bytes(32), bytes(1088), bytes(48)]
    return fields(Label.ESTABLISH, USER, 0, 0, bytes(32), "found", [part], "{}", 1)


def _block() -> bytes:
    header = json.dumps({"backend": "b", "job_id": "j", "streams": 2, "stream_bytes": 4}).encode()
    return len(header).to_bytes(4, "big") + header + bytes(8)


def _frames() -> tuple[bytes, ...]:
    hello = {"type": "hello", "token": "a.b.c", "cursors": {str(uuid7()): 3}, "event_cursor": None}
    sent = {"type": "message_send", "conversation_id": str(uuid7()), "client_id": str(uuid7()), "content": "AAAA"}
    return tuple(json.dumps(frame).encode() for frame in (hello, sent | {"message_type": "secured"}))


DECODERS: Final = (
    Decoder("base64url", _text(from_base64url), MalformedEncoding, (to_base64url(bytes(range(100))).encode(),)),
    Decoder("hybrid signature", unpack_signature, MalformedEncoding, (SIGNATURE,)),
    Decoder("hybrid public key", split_public_key, MalformedEncoding, (DEVICE.key.public,)),
    Decoder("transcript", read_transcript, MalformedEncoding, (_transcript(),)),
    Decoder("authenticated data", decode, MalformedEncoding, (mls.authenticated_data(USER, uuid7()),)),
    Decoder("commit details", decode_commit, MalformedEncoding, (mls.commit_details(roster_hash=bytes(32)),)),
    Decoder("session state", read_session_state, MalformedEncoding, (encode_session_state(SessionState(3600)),)),
    Decoder("room policy", decode_policy, MalformedEncoding, (encode_policy(POLICY),)),
    Decoder("change of a room", read_room_change, MalformedEncoding, (mls.room_change(POLICY, evidence=[USER]),)),
    Decoder("private message", parse_private_message, MalformedMls, (mls.message(USER, uuid7()),)),
    Decoder("welcome", parse_welcome, MalformedMls, (mls.welcome(2),)),
    Decoder(
        "key package",
        lambda data: check_key_package(
            data, user_id=USER, device_id=DEVICE.id, signature_key=DEVICE.key.public, at=NOW
        ),
        MalformedMls,
        (key_package(USER, DEVICE.id, DEVICE.key.public),),
    ),
    Decoder(
        "device list",
        lambda data: read_list(data, ISSUER),
        BadStatement,
        (IDENTITY.list_statement(IDENTITY.with_device(DEVICE), 1, bytes(32)),),
    ),
    Decoder(
        "device certificate",
        lambda data: certified_key(data, ISSUER, DEVICE.id, 1),
        BadStatement,
        (IDENTITY.certificate(DEVICE, 1),),
    ),
    Decoder(
        "ML-KEM key",
        lambda data: encapsulation_key(data, ISSUER, DEVICE.id, 1),
        BadStatement,
        (IDENTITY.ml_kem_statement(DEVICE, 1),),
    ),
    Decoder("socket frame", _text(read_frame), ValueError, _frames()),
    Decoder("block of a circuit", child.parse, SourceFailed, (_block(),)),
    Decoder("sealed data", lambda data: symmetric.decrypt(MASTER, data, b""), Refused, (SEALED,)),
    Decoder(
        "wrapped key",
        lambda data: keywrap.unwrap(MASTER, "hybrid", "sign:general", b"public", data),
        Refused,
        (WRAPPED,),
    ),
    Decoder(
        "signature to verify",
        lambda data: signatures.wrap_verify(DEVICE.key.public, Label.SIGN_GENERAL, b"", b"message", data),
        InvalidSignature,
        (SIGNATURE,),
    ),
    Decoder(
        "public key to verify with",
        lambda data: signatures.wrap_verify(data, Label.SIGN_GENERAL, b"", b"message", SIGNATURE),
        (InvalidSignature, MalformedKey),
        (DEVICE.key.public,),
    ),
    Decoder("encapsulation key", kem.encapsulate, MalformedKey, (kem.public_key(ML_KEM_SEED),)),
    Decoder("KEM ciphertext", lambda data: kem.decapsulate(ML_KEM_SEED, data), MalformedCiphertext, (bytes(1088),)),
)


@st.composite
def _inputs(draw: st.DrawFn, good: tuple[bytes, ...]) -> bytes:
    noise = draw(st.binary(max_size=300))
    whole = draw(st.sampled_from((b"", *good)))
    begin, end = sorted((draw(st.integers(0, len(whole))), draw(st.integers(0, len(whole)))))
    kind = draw(st.sampled_from(("replace", "insert", "cut", "flip", "repeat")))
    if kind == "replace":
        return whole[:begin] + noise + whole[begin + len(noise) :]
    if kind == "insert":
        return whole[:begin] + noise + whole[begin:]
    if kind == "cut":
        return whole[:begin] + whole[end:]
    if kind == "repeat":
        return whole[:end] + whole[begin:]
    changed = bytearray(whole or b"\x00")
    for at in draw(st.lists(st.integers(0, len(changed) - 1), min_size=1, max_size=4)):
        changed[at] ^= 1 << draw(st.integers(0, 7))
    return bytes(changed)


@pytest.mark.parametrize("decoder", DECODERS, ids=lambda decoder: decoder.name)
def test_bytes_are_read_or_refused_by_name(decoder: Decoder) -> None:
    inputs = count()

    def read(data: bytes) -> None:
        next(inputs)
        note(f"FUZZ_SEED={SEED} FUZZ_EXAMPLES={EXAMPLES}")
        try:
            decoder.read(data)
        except decoder.refusal:
            return

    runs = settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    seed(SEED)(runs(given(data=_inputs(decoder.good))(read)))()
    tried("fuzzing in Python", "decoders", "inputs", next(inputs))


@pytest.mark.parametrize("decoder", DECODERS, ids=lambda decoder: decoder.name)
def test_the_good_ones_are_read(decoder: Decoder) -> None:
    """Else the changed ones would all fail at the first byte."""
    for data in decoder.good:
        decoder.read(data)


def test_nesting_and_numbers_without_end_are_refused() -> None:
    for text in ("[" * 100_000, '{"type":' * 10_000, '{"type":"ping","seq":' + "9" * 100_000 + "}", "NaN", "1e999"):
        with pytest.raises(ValueError):  # noqa: PT011 - what `read_frame` promises
            read_frame(text)
