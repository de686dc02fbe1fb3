"""The child process of the IBM source, with a noisy local simulator in place of IBM's service.

Everything but `QiskitRuntimeService` is real: the transpiler, the sampler, its options and its result. Jobs outlive
the process in the folder `TMPDIR`; what has been read is gone, as private jobs are.
"""

from __future__ import annotations

import json
import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from quantum_service.entropy.sources.ibm_worker import LIFETIME_SECONDS, answer
from quantum_service.entropy.sources.worker import serve

FOLDER: Final = Path(os.environ["TMPDIR"])
ASYMMETRIC: Final = [(0.016, 0.056), (0.01, 0.03), (0.0, 0.01), (0.03, 0.40)]
"""Of each qubit: how often 0 is read as 1, and 1 as 0. The last one shows p(1) = 0.315."""


@dataclass
class LocalJob:
    job_id: str

    def status(self) -> str:
        return "DONE"

    def result(self) -> Any:
        result = FOLDER / self.job_id
        try:
            return pickle.loads(result.read_bytes())  # noqa: S301 - written by this very program
        finally:
            result.unlink()

    def usage(self) -> float:
        return 7.5


def noisy() -> Any:
    from qiskit_aer import AerSimulator
    from qiskit_aer.noise import NoiseModel, ReadoutError

    noise = NoiseModel()
    for qubit, (one, zero) in enumerate(ASYMMETRIC):
        noise.add_readout_error(ReadoutError([[1 - one, one], [zero, 1 - zero]]), [qubit])
    return AerSimulator(noise_model=noise)


class LocalService:
    def backend(self, name: str) -> Any:
        raise KeyError(f"no {name} for {os.environ['QISKIT_IBM_TOKEN']}")  # as talkative as an error can be

    def least_busy(self, min_num_qubits: int) -> Any:
        return noisy()

    def job(self, job_id: str) -> LocalJob:
        return LocalJob(job_id)


def local(question: Any) -> tuple[Any, list[bytes]]:
    if question["step"] == "submit":
        _keep_jobs()
    return answer(question, LocalService())


def _keep_jobs() -> None:
    """IBM keeps a job's result and options; here files do."""
    from qiskit_ibm_runtime.executor_sampler import Sampler

    hand_in = Sampler.run

    def run(sampler: Any, *given: Any, **named: Any) -> Any:
        job = hand_in(sampler, *given, **named)
        (FOLDER / job.job_id()).write_bytes(pickle.dumps(job.result()))
        options = {
            "private": sampler.options.environment.private,
            "twirled": sampler.options.twirling.enable_measure,
            "max_execution_time": sampler.options.max_execution_time,
        }
        (FOLDER / "options").write_text(json.dumps({**options, "token": os.environ["QISKIT_IBM_TOKEN"]}))
        return job

    Sampler.run = run


if __name__ == "__main__":
    serve(local, LIFETIME_SECONDS)
