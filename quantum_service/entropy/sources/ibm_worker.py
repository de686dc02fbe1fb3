"""The child process of `ibm.py`: hands in one job, or asks for the result of one, and ends.

A Hadamard gate and a measurement on every fit qubit, no gate between two: depth 1, placed on the qubits themselves.
Jobs are private (inputs are not returned, and the result can be read once); measurement twirling stays off, since
it flips bits by a software generator and would hide what the health tests must see.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

from quantum_service.entropy.sources.worker import serve

LIFETIME_SECONDS: Final = 240
WORST_READOUT_ERROR: Final = 0.05
FEWEST_QUBITS: Final = 2

Answer = tuple[Mapping[str, Any], list[bytes]]


def answer(question: Mapping[str, Any], service: Any = None) -> Answer:
    """`service` is what a test gives in place of IBM's."""
    if service is None:
        from qiskit_ibm_runtime import QiskitRuntimeService

        service = QiskitRuntimeService(
            channel=os.environ["QISKIT_IBM_CHANNEL"],
            token=os.environ["QISKIT_IBM_TOKEN"],
            instance=os.environ.get("QISKIT_IBM_INSTANCE"),
        )
    return submit(question, service) if question["step"] == "submit" else fetch(question, service)


def submit(question: Mapping[str, Any], service: Any) -> Answer:
    from qiskit import QuantumCircuit
    from qiskit.transpiler import generate_preset_pass_manager
    from qiskit_ibm_runtime.executor_sampler import Sampler

    name = question["backend"]
    backend = service.backend(name) if name else service.least_busy(min_num_qubits=FEWEST_QUBITS)
    unfit = unfit_qubits(backend.target)
    qubits = chosen(backend.num_qubits, unfit | set(question["biased"].get(backend.name, [])), question["qubits"])
    circuit = QuantumCircuit(len(qubits))
    circuit.h(range(len(qubits)))
    circuit.measure_all()
    placed = generate_preset_pass_manager(backend=backend, optimization_level=1, initial_layout=qubits).run(circuit)
    options = {
        "max_execution_time": question["max_seconds"],
        "environment": {"private": True},
        "twirling": {"enable_gates": False, "enable_measure": False},
    }
    job = Sampler(mode=backend, options=options).run([placed], shots=question["shots"])
    return {"job_id": job.job_id(), "backend": backend.name, "qubits": qubits, "unfit": sorted(unfit)}, []


def chosen(count: int, unfit: set[int], most: int) -> list[int]:
    return [qubit for qubit in range(count) if qubit not in unfit][:most]


def unfit_qubits(target: Any) -> set[int]:
    """Those that the machine's own figures say are read wrongly too often; without a figure a qubit is tried."""
    errors = {qubits[0]: figures.error for qubits, figures in target["measure"].items() if figures is not None}
    return {qubit for qubit, error in errors.items() if error is not None and error > WORST_READOUT_ERROR}


def fetch(question: Mapping[str, Any], service: Any) -> Answer:
    import numpy as np

    job = service.job(question["job_id"])
    status = str(getattr(job.status(), "name", job.status()))
    if status in {"ERROR", "CANCELLED"}:
        return {"gone": True}, []
    if status != "DONE":
        return {}, []
    count = question["qubits"]
    shots = job.result()[0].data.meas.array  # big endian, the first qubit in the lowest bit
    bits = np.unpackbits(shots, axis=-1)[:, -count:][:, ::-1]
    streams = np.packbits(bits[: len(bits) // 8 * 8].T, axis=1)
    return {"seconds": _seconds(job)}, [stream.tobytes() for stream in streams]


def _seconds(job: Any) -> float | None:
    """Seconds of the machine that the job took, when IBM says so."""
    try:
        return float(job.usage())
    except Exception:
        return None  # the estimate that was charged stands


if __name__ == "__main__":
    serve(answer, LIFETIME_SECONDS)
