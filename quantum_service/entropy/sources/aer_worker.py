"""The child process of `aer.py`: runs one circuit, writes the measured bits, ends.

A Hadamard gate and a measurement on each of 16 qubits: depth 1 is all that a random bit needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from quantum_service.entropy.sources.worker import serve

QUBITS: Final = 16  # whole bytes per shot, and the fastest width per bit
SHOTS: Final = 32_768
LIFETIME_SECONDS: Final = 90


def sample(question: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[bytes]]:
    import numpy as np
    import qiskit_aer
    from qiskit import QuantumCircuit

    qubits, shots = int(question.get("qubits", QUBITS)), int(question.get("shots", SHOTS))
    circuit = QuantumCircuit(qubits)
    circuit.h(range(qubits))
    circuit.measure_all()
    simulator = qiskit_aer.AerSimulator(method="statevector", max_parallel_threads=1)
    job = simulator.run(circuit, shots=shots, memory=True)
    measured = job.result().get_memory()  # counts would lose the order
    bits = np.frombuffer("".join(measured).encode(), dtype=np.uint8).reshape(shots, qubits) - ord("0")
    streams = np.packbits(bits.T, axis=1)
    # The result also names the seed; it stays here.
    header = {"backend": f"qiskit-aer {qiskit_aer.__version__} statevector", "job_id": job.job_id()}
    return header, [stream.tobytes() for stream in streams]


if __name__ == "__main__":
    serve(sample, LIFETIME_SECONDS)
