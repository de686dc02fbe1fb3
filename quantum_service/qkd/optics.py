"""Single photons, simulated by Qiskit Aer.

Promises: nothing of a photon can be learned but by measuring it, and only once; the measurement follows the Born
rule for the state that was prepared. Does not: simulate loss, several photons in a pulse, dark counts or any other
fault of a device. Photons with the same bit, preparation and measurement basis are the same circuit, so there are
eight circuits of one qubit, run as many times as there are such photons.

    | basis | bit 0 | bit 1 |
    |-------|-------|-------|
    | 0 (Z) | |0>   | |1>   |
    | 1 (X) | |+>   | |->   |
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from qiskit import QuantumCircuit
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, pauli_error

from quantum_service.qkd.randomness import Bits, Randomness

_KINDS: Final = 8
_CHARACTERS: Final = 3
"""Aer writes the outcome of one bit as `0x0` or `0x1`."""


class Pulses:
    """Photons under way. What was prepared leaves only by `measure`, which uses them up."""

    def __init__(self, bits: Bits, bases: Bits, noise: float = 0.0) -> None:
        self._prepared: tuple[Bits, Bits] | None = (bits, bases)
        self._noise = noise

    def through_fibre(self, noise: float) -> Pulses:
        """The same photons after a fibre that flips each in either basis with this probability."""
        bits, bases = self._take()
        return Pulses(bits, bases, noise)

    def measure(self, bases: Bits, randomness: Randomness) -> Bits:
        """The outcomes in these bases; the photons are gone. `randomness` seeds Aer's sampling of them."""
        bits, prepared = self._take()
        return _run(bits, prepared, bases, self._noise, _seed(randomness))

    def intercepted(self, taken: npt.NDArray[np.bool_], bases: Bits, randomness: Randomness) -> tuple[Pulses, Bits]:
        """Measure the taken ones in these bases and send others in their place, prepared as they were found."""
        bits, prepared = self._take()
        seen = _run(bits[taken], prepared[taken], bases[taken], self._noise, _seed(randomness))
        bits, prepared = bits.copy(), prepared.copy()
        bits[taken], prepared[taken] = seen, bases[taken]
        return Pulses(bits, prepared, self._noise), seen

    def _take(self) -> tuple[Bits, Bits]:
        if self._prepared is None:
            raise RuntimeError("a photon can be measured once")
        prepared, self._prepared = self._prepared, None
        return prepared


def _seed(randomness: Randomness) -> int:
    return int.from_bytes(randomness.draw(7), "big")


def _run(bits: Bits, prepared: Bits, measured: Bits, noise: float, seed: int) -> Bits:
    if len(bits) == 0:
        return bits
    kinds = bits * 4 + prepared * 2 + measured
    shots = int(np.bincount(kinds, minlength=_KINDS).max())
    circuits = [_circuit(kind, noisy=noise > 0) for kind in range(_KINDS)]
    result = _simulator(noise).run(circuits, shots=shots, memory=True, seed_simulator=seed).result()
    outcomes = np.empty(len(bits), np.uint8)
    for kind in range(_KINDS):
        places = np.flatnonzero(kinds == kind)
        text = "".join(result.results[kind].data.memory[: len(places)]).encode()
        outcomes[places] = np.frombuffer(text, np.uint8)[_CHARACTERS - 1 :: _CHARACTERS] - ord("0")
    return outcomes


def _circuit(kind: int, *, noisy: bool) -> QuantumCircuit:
    bit, prepared, measured = kind >> 2, kind >> 1 & 1, kind & 1
    circuit = QuantumCircuit(1, 1)
    if bit:
        circuit.x(0)
    if prepared:
        circuit.h(0)
    if noisy:
        circuit.id(0)  # the fibre, which the noise model acts on
    if measured:
        circuit.h(0)
    circuit.measure(0, 0)
    return circuit


def _simulator(noise: float) -> AerSimulator:
    if noise <= 0:
        return AerSimulator(method="stabilizer", max_parallel_threads=1)
    model = NoiseModel()
    flips = pauli_error([("X", noise), ("Z", noise), ("I", 1 - 2 * noise)])
    model.add_all_qubit_quantum_error(flips, "id")
    # The density matrix holds the noise as a whole: its outcomes are sampled at once instead of shot by shot.
    return AerSimulator(method="density_matrix", noise_model=model, max_parallel_threads=1)
