"""`python -m tests.bench.sampling QUBITS SHOTS`: one circuit as the Aer source runs it; prints what it took as JSON."""

from __future__ import annotations

import json
import sys
import time

from quantum_service.entropy.sources import aer_worker


def main(qubits: int, shots: int) -> None:
    aer_worker.sample({"qubits": qubits, "shots": 8})  # imports, and what the simulator does once
    began, cpu = time.perf_counter(), time.process_time()
    _, streams = aer_worker.sample({"qubits": qubits, "shots": shots})
    took = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu, "bits": qubits * shots}
    print(json.dumps({**took, "bytes": sum(map(len, streams))}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
