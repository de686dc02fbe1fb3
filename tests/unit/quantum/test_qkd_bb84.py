"""Whole runs of BB84: equal keys, eavesdroppers, noise, aborts, and an attacker on the classical channel."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantum_service.qkd.bb84 import Parameters, Run
from quantum_service.qkd.messages import kind_of, say
from quantum_service.qkd.optics import Pulses
from quantum_service.qkd.randomness import Randomness, unpack
from quantum_service.qkd.seeds import Seeds
from quantum_service.qkd.summary import summary

RUNS = 200


def seeds(number: int) -> Seeds:
    return Seeds.of(hashlib.shake_256(b"test of BB84" + number.to_bytes(4, "big")).digest(Seeds.BYTES))


def ran(parameters: Parameters, number: int = 0, change: Callable[[bytes], bytes] = lambda message: message) -> Run:
    run = Run(parameters, seeds(number), change)
    run.go()
    return run


def test_200_runs_end_with_equal_keys_on_both_sides() -> None:
    keys = set()
    for number in range(RUNS):
        choice = np.random.default_rng(number)
        noise, eavesdropper = choice.uniform(0, 0.01), choice.choice([0.0, 0.0, 0.03])
        run = ran(Parameters(int(choice.integers(9_000, 12_000)), noise, eavesdropper), number)
        assert run.bob.aborted is run.alice.aborted is None, number
        assert run.alice.key is not None
        assert run.bob.key is not None
        assert np.array_equal(run.alice.key, run.bob.key), number
        assert len(run.alice.key) == run.alice.length == run.bob.length > 0
        assert run.alice.leaked == run.bob.leaked > 0
        keys.add(run.alice.key.tobytes())
    assert len(keys) == RUNS


def test_the_same_seeds_repeat_a_run() -> None:
    one, two = ran(Parameters(9_000, 0.01, 0.1)), ran(Parameters(9_000, 0.01, 0.1))
    assert summary(one) == summary(two)
    assert np.array_equal(one.bob.bits, two.bob.bits)


def test_without_noise_agreeing_bases_give_the_bit_and_others_a_coin() -> None:
    run = ran(Parameters(20_000))
    agree = run.alice.bases == run.bob.bases
    assert np.array_equal(run.alice.bits[agree], run.bob.bits[agree])
    assert abs(np.mean(run.alice.bits[~agree] == run.bob.bits[~agree]) - 0.5) < 0.03
    assert abs(agree.mean() - 0.5) < 0.03


@pytest.mark.parametrize(
    ("noise", "eavesdropper", "rate"), [(0.05, 0.0, 0.05), (0.0, 1.0, 0.25), (0.0, 0.2, 0.05), (0.02, 0.2, 0.068)]
)
def test_the_error_rate_is_that_of_fibre_and_eavesdropper(noise: float, eavesdropper: float, rate: float) -> None:
    run = ran(Parameters(40_000, noise, eavesdropper))
    agree = run.alice.bases == run.bob.bases
    assert abs(np.mean(run.alice.bits[agree] != run.bob.bits[agree]) - rate) < 0.01
    told = summary(run).error_rate
    assert told is not None
    assert told.low < rate < told.high


def test_a_photon_can_be_measured_once() -> None:
    randomness, bits = Randomness(bytes(64)), unpack(b"\xa5", 8)
    pulses = Pulses(bits, bits)
    assert np.array_equal(pulses.measure(bits, randomness), bits)
    with pytest.raises(RuntimeError, match="once"):
        pulses.measure(bits, randomness)


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        (Parameters(400), "too_few_sifted"),
        (Parameters(2_048), "no_key_left"),
        (Parameters(20_000, 0.0, 1.0), "too_many_errors"),
        (Parameters(20_000, 0.15), "too_many_errors"),
        (Parameters(20_000, 0.09), "no_key_left"),
    ],
)
def test_runs_that_abort(parameters: Parameters, reason: str) -> None:
    run = ran(parameters)
    assert run.alice.aborted == run.bob.aborted == reason
    assert run.alice.key is run.bob.key is run.key is None
    told = summary(run)
    assert (told.abort, told.final_bits) == (reason, 0)
    assert told.sifted == int((run.alice.bases == run.bob.bases).sum())


def test_keys_that_still_differ_are_found_by_the_hash() -> None:
    run = ran(Parameters(9_000, 0.01), change=_lie_about(["parities"]))
    assert run.bob.aborted in {"verification_failed", "no_key_left"}
    assert run.key is None


def test_verification_fails_when_one_bit_was_corrected_too_much() -> None:
    run = Run(Parameters(9_000), seeds(1))
    correct = run.bob.correct

    def correct_and_spoil(ask: Callable[[bytes], bytes]) -> None:
        correct(ask)
        run.bob.rest[7] ^= 1

    run.bob.correct = correct_and_spoil  # type: ignore[method-assign]
    run.go()
    assert run.alice.aborted == run.bob.aborted == "verification_failed"


@settings(max_examples=40)
@given(st.integers(0, 200), st.integers(0, 10**6), st.integers(0, 7))
def test_a_changed_message_ends_without_a_common_key(number: int, place: int, bit: int) -> None:
    """Whichever message, and whichever bit of it."""
    tamper = _Tamper(number, place, bit)
    run = ran(Parameters(6_000), 3, tamper)
    if not tamper.done:
        assert run.key is not None
        return
    assert run.key is None
    assert run.bob.key is None
    assert run.bob.aborted is not None
    # Alice cannot know whether her last message arrived; a key that only she has opens nothing.
    assert run.alice.key is None or tamper.kind == b"confirmed"


def test_a_changed_basis_is_refused_as_not_authentic() -> None:
    """Nothing else would notice: the wrongly sifted bit is just one more error, and is corrected."""
    run = ran(Parameters(9_000), 5, _lie_about(["bases"]))
    assert run.alice.aborted == run.bob.aborted == "not_authenticated"


def test_messages_out_of_turn_are_refused() -> None:
    run = Run(Parameters(9_000), seeds(2))
    run.alice.prepare(9_000)
    assert kind_of(run.line.ask(say("confirm", bytes(16))))[0] == "abort"
    assert run.alice.aborted == "bad_message"
    assert kind_of(run.line.ask(say("bases", bytes(1125))))[0] == "abort", "the run is over"


@settings(max_examples=50)
@given(st.binary(max_size=64))
def test_alice_answers_anything_at_all(message: bytes) -> None:
    run = Run(Parameters(300), seeds(2))
    run.alice.prepare(300)
    assert kind_of(run.alice.answer(message))[0] == "abort"


def test_nothing_secret_is_printed() -> None:
    run = ran(Parameters(9_000))
    for thing in (run, run.alice, run.bob, seeds(0)):
        assert "object at 0x" in repr(thing)


class _Tamper:
    """Flips one bit of one message."""

    def __init__(self, number: int, place: int, bit: int) -> None:
        self._left, self._place, self._bit = number, place, bit
        self.done = False
        self.kind = b""

    def __call__(self, message: bytes) -> bytes:
        self._left -= 1
        if self._left >= 0 or self.done:
            return message
        self.done, self.kind = True, kind_of(message)[0].encode()
        at = self._place % len(message)
        return message[:at] + bytes([message[at] ^ 1 << self._bit]) + message[at + 1 :]


def _lie_about(kinds: list[str]) -> Callable[[bytes], bytes]:
    """Flips the last but one bit of every message of these kinds."""

    def change(message: bytes) -> bytes:
        if kind_of(message)[0] not in kinds:
            return message
        return message[:-1] + bytes([message[-1] ^ 0x80])

    return change
