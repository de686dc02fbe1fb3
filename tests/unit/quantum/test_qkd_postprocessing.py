"""Cascade, Toeplitz hashing, the finite-key length and the tags, each alone."""

from __future__ import annotations

import math

import numpy as np
import pytest
from cryptography.hazmat.primitives.poly1305 import Poly1305
from hypothesis import given, settings
from hypothesis import strategies as st

from quantum_service.qkd import cascade, finite_key, toeplitz
from quantum_service.qkd.authentication import InvalidSignature, Transcript
from quantum_service.qkd.randomness import Bits, Randomness, pack, shuffled, unpack
from shared.encoding import fields

KEYS = bytes(range(64))


def random_bits(count: int, seed: int = 1) -> Bits:
    return np.random.default_rng(seed).integers(0, 2, count, np.uint8)


def corrected(hers: Bits, his: Bits, errors_in_1000: int) -> tuple[Bits, cascade.Told, int]:
    told = cascade.Told(hers)
    randomness = Randomness(bytes(64))
    block = cascade.first_block(errors_in_1000, 1000, len(hers))
    questions = cascade.Questions(told.blocks, told.between)
    result = his.copy()
    return result, told, cascade.correct(result, block, questions, randomness.public_seed)


@pytest.mark.parametrize(("errors_in_1000", "most"), [(10, 1.2), (30, 1.25), (50, 1.25), (100, 1.3)])
def test_cascade_corrects_near_shannons_limit(errors_in_1000: int, most: float) -> None:
    size = 20_000
    hers = random_bits(size)
    errors = (np.random.default_rng(2).random(size) < errors_in_1000 / 1000).astype(np.uint8)
    result, told, flipped = corrected(hers, hers ^ errors, errors_in_1000)
    assert np.array_equal(result, hers)
    assert flipped == errors.sum()
    efficiency = told.parities / (size * finite_key.binary_entropy(errors.mean()))
    assert 1 < efficiency < most


@settings(max_examples=30)
@given(st.integers(50, 400), st.integers(0, 2**32), st.integers(0, 80))
def test_cascade_charges_every_parity_and_never_more_errors_than_before(size: int, seed: int, errors: int) -> None:
    hers = random_bits(size, seed)
    wrong = np.random.default_rng(seed + 1).choice(size, min(errors, size // 4), replace=False)
    his = hers.copy()
    his[wrong] ^= 1
    asked = 0
    told = cascade.Told(hers)

    def blocks(seed: bytes, block: int) -> Bits:
        nonlocal asked
        answer = told.blocks(seed, block)
        asked += len(answer)
        return answer

    def between(number: int, starts: np.ndarray, ends: np.ndarray) -> Bits:
        nonlocal asked
        asked += len(starts)
        return told.between(number, starts, ends)

    block = cascade.first_block(max(1, 1000 * len(wrong) // size), 1000, size)
    cascade.correct(his, block, cascade.Questions(blocks, between), Randomness(bytes(64)).public_seed)
    assert told.parities == asked
    assert (his != hers).sum() in range(len(wrong) + 1)
    assert (his != hers).sum() % 2 == 0, "the parity of the whole key agrees in the end"


def test_the_first_blocks_are_those_of_brassard_and_salvail() -> None:
    assert cascade.first_block(10, 1000, 10**6) == 73
    assert cascade.first_block(0, 1000, 10**6) == 730
    assert cascade.first_block(0, 1000, 100) == 50


@pytest.mark.parametrize(
    ("number", "starts", "ends"),
    [(0, [-1], [3]), (0, [3], [3]), (0, [5], [101]), (1, [0], [3]), (-1, [0], [3]), (0, [0], [3, 4])],
)
def test_alice_tells_parities_of_stretches_of_her_key_only(number: int, starts: list[int], ends: list[int]) -> None:
    told = cascade.Told(random_bits(100))
    told.blocks(bytes(32), 50)
    with pytest.raises(ValueError, match="not a question"):
        told.between(number, np.array(starts), np.array(ends))
    assert told.parities == 2


@pytest.mark.parametrize("size", [0, 101])
def test_alice_refuses_blocks_that_are_none(size: int) -> None:
    with pytest.raises(ValueError, match="not a question"):
        cascade.Told(random_bits(100)).blocks(bytes(32), size)


def test_toeplitz_by_hand() -> None:
    """Rows (s2 s1 s0), (s3 s2 s1) of seed 0 1 1 0 times the key 1 1 0: 1 + 1 = 0 and 0 + 1 = 1."""
    hashed = toeplitz.hashed(np.array([0, 1, 1, 0], np.uint8), np.array([1, 1, 0], np.uint8), 2)
    assert hashed.tolist() == [0, 1]


@settings(max_examples=40)
@given(st.integers(1, 200), st.integers(1, 200), st.integers(0, 2**32))
def test_toeplitz_is_the_product_with_the_matrix(size: int, length: int, seed: int) -> None:
    diagonals, key = random_bits(size + length - 1, seed), random_bits(size, seed + 1)
    matrix = np.array([[diagonals[i - j + size - 1] for j in range(size)] for i in range(length)])
    assert np.array_equal(toeplitz.hashed(diagonals, key, length), (matrix @ key) % 2)


def test_toeplitz_is_exact_where_the_transform_is_long() -> None:
    size, length = 450_000, 300_000
    diagonals, key = np.ones(size + length - 1, np.uint8), np.ones(size, np.uint8)
    diagonals[: size // 2] = random_bits(size // 2)
    hashed = toeplitz.hashed(diagonals, key, length)
    for row in (0, 1, 1000, length // 2, length - 1):
        assert hashed[row] == int(diagonals[row : row + size][::-1] @ key.astype(np.int64)) % 2


def test_toeplitz_wants_a_seed_of_its_matrix() -> None:
    with pytest.raises(ValueError, match="seed"):
        toeplitz.hashed(random_bits(10), random_bits(8), 4)


def test_the_finite_key_length_of_tomamichel_and_others() -> None:
    """Equation 2 with numbers: n = 37,500, k = 12,500, 1 %, 3,300 bits told, e_sec = 1e-10, e_cor = 2^-64."""
    mu = math.sqrt(50_000 / (37_500 * 12_500) * 12_501 / 12_500 * math.log(4e10))
    assert finite_key.deviation(37_500, 12_500) == pytest.approx(mu) == pytest.approx(0.051031, abs=1e-6)
    rate = 0.01 + mu
    entropy = -rate * math.log2(rate) - (1 - rate) * math.log2(1 - rate)
    expected = 37_500 * (1 - entropy) - 3_300 - math.log2(2 / (1e-10**2 * 2**-64))
    assert finite_key.key_length(37_500, 12_500, 0.01, 3_300) == math.floor(expected) == 21_636


def test_with_many_pulses_the_length_nears_one_minus_two_entropies() -> None:
    n = k = 10**12
    told = round(n * finite_key.binary_entropy(0.05))
    rate = finite_key.key_length(n, k, 0.05, told) / n
    assert rate == pytest.approx(1 - 2 * finite_key.binary_entropy(0.05), abs=1e-4)
    assert finite_key.key_length(n, k, 0.1101, round(n * finite_key.binary_entropy(0.1101))) < 0, "the 11 % line"


@given(st.integers(200, 10**6), st.floats(0, 0.2), st.integers(0, 10**5))
def test_more_errors_or_more_told_never_give_a_longer_key(bits: int, rate: float, told: int) -> None:
    length = finite_key.key_length(bits, bits // 3, rate, told)
    assert finite_key.key_length(bits, bits // 3, rate + 0.01, told) <= length
    assert finite_key.key_length(bits, bits // 3, rate, told + 10) == length - 10
    assert finite_key.key_length(bits + 100, bits // 3 + 100, rate, told) >= length - 10


def test_binary_entropy() -> None:
    assert finite_key.binary_entropy(0) == 0
    assert finite_key.binary_entropy(0.5) == finite_key.binary_entropy(0.9) == 1
    assert finite_key.binary_entropy(0.11) == pytest.approx(0.499916, abs=1e-6)


def test_wilsons_interval() -> None:
    assert finite_key.confidence_interval(10, 100) == pytest.approx((0.05523, 0.17437), abs=1e-5)
    low, high = finite_key.confidence_interval(0, 1000)
    assert low == pytest.approx(0)
    assert high == pytest.approx(0.003827, abs=1e-6)


@given(st.integers(1, 3000), st.binary(min_size=32, max_size=32))
def test_a_shuffle_is_a_permutation_that_follows_from_its_seed(count: int, seed: bytes) -> None:
    order = shuffled(seed, count)
    assert sorted(order) == list(range(count))
    assert np.array_equal(order, shuffled(seed, count))


def test_a_shuffle_of_too_many_is_refused() -> None:
    with pytest.raises(ValueError, match="too many"):
        shuffled(bytes(32), 2**20 + 1)


@given(st.lists(st.integers(0, 1), max_size=100))
def test_bits_survive_packing(bits: list[int]) -> None:
    assert unpack(pack(bits), len(bits)).tolist() == bits


def test_tags_are_poly1305_over_all_that_was_said() -> None:
    transcript = Transcript(KEYS)
    transcript.add("bob", b"one")
    transcript.add("alice", b"two")
    said = fields("bob", b"one") + fields("alice", b"two")
    assert transcript.tag("alice") == Poly1305.generate_tag(KEYS[:32], said)
    assert transcript.tag("bob") == Poly1305.generate_tag(KEYS[32:], said)


@pytest.mark.parametrize(
    "heard",
    [
        [("alice", b"one"), ("bob", b"two")],
        [("bob", b"two"), ("alice", b"one")],
        [("bob", b"one")],
        [("bob", b"one"), ("alice", b"twp")],
        [("bob", b"one"), ("alice", b"two"), ("bob", b"")],
    ],
)
def test_whoever_heard_anything_else_refuses_the_tag(heard: list[tuple[str, bytes]]) -> None:
    said = Transcript(KEYS)
    said.add("bob", b"one")
    said.add("alice", b"two")
    other = Transcript(KEYS)
    for side, message in heard:
        other.add(side, message)  # type: ignore[arg-type]
    with pytest.raises(InvalidSignature):
        other.check("alice", said.tag("alice"))
