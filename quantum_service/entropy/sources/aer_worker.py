"""The child process of `aer.py`: runs one circuit, writes the measured bits, ends.

A Hadamard gate and a measurement on each of 16 qubits. It ends by itself when its parent is gone, and after
`LIFETIME_SECONDS` whatever happens.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Final

from quantum_service.child_process import be_a_child

QUBITS: Final = 16  # whole bytes per shot, and the fastest width per bit
SHOTS: Final = 32_768
LIFETIME_SECONDS: Final = 90


def main() -> None:
    target = be_a_child(LIFETIME_SECONDS)

    import numpy as np
    import qiskit_aer
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit(QUBITS)
    circuit.h(range(QUBITS))
    circuit.measure_all()
    simulator = qiskit_aer.AerSimulator(method="statevector", max_parallel_threads=1)
    job = simulator.run(circuit, shots=SHOTS, memory=True)
    shots = job.result().get_memory()  # counts would lose the order
    bits = np.frombuffer("".join(shots).encode(), dtype=np.uint8).reshape(len(shots), QUBITS) - ord("0")
    streams = np.packbits(bits.T, axis=1)
    # The result also names the seed; it stays here.
    header = {
        "backend": f"qiskit-aer {qiskit_aer.__version__} statevector",
        "job_id": job.job_id(),
        "streams": streams.shape[0],
        "stream_bytes": streams.shape[1],
    }
    text = json.dumps(header).encode()
    with os.fdopen(target, "wb") as output:
        output.write(len(text).to_bytes(4, "big") + text + streams.tobytes())


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:  # the parent is gone
        sys.exit(1)
