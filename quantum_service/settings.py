"""What quantum_service reads from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from quantum_service.primitives.master_key import MasterKey
from shared.settings import CommonSettings, development_secrets, refuse, secret_problem

SourceName = Literal["ibm", "qkd", "aer", "os"]
SourceNames = Annotated[
    tuple[SourceName, ...],
    NoDecode,
    BeforeValidator(lambda value: tuple(value.replace(" ", "").split(",")) if isinstance(value, str) else value),
    Field(min_length=1),
]
"""In the environment a list with commas: the order in which receipts name them."""


class QuantumSettings(CommonSettings):
    quantum_operator_key: SecretStr | None = None
    quantum_master_key: SecretStr | None = None
    quantum_entropy_source: SourceNames | None = None
    qiskit_ibm_token: SecretStr | None = None
    qiskit_ibm_instance: SecretStr | None = None
    qiskit_ibm_channel: Literal["ibm_quantum_platform", "ibm_cloud"] = "ibm_quantum_platform"
    quantum_ibm_backend: str | None = None
    quantum_ibm_seconds_per_day: float = Field(default=20.0, ge=0)
    quantum_qkd_url: str | None = None
    quantum_qkd_peer: str | None = None
    quantum_qkd_authority: Path | None = None
    quantum_qkd_certificate: Path | None = None
    quantum_qkd_private_key: Path | None = None
    quantum_threads: int = Field(default_factory=lambda: min(8, os.cpu_count() or 1), ge=1, le=64)
    quantum_queue: int = Field(default=64, ge=1, le=4096)
    quantum_bb84_runs: int = Field(default=2, ge=1, le=64)

    @property
    def sources(self) -> tuple[SourceName, ...]:
        """Those that are named; else the simulator, after the hardware that there is a token for."""
        if self.quantum_entropy_source is not None:
            return self.quantum_entropy_source
        return ("ibm", "aer") if self.qiskit_ibm_token else ("aer",)


@dataclass(frozen=True, repr=False)
class Secrets:
    """The three secrets of the service, checked."""

    api_key: str
    operator_key: str
    master_key: MasterKey


def load_secrets(settings: QuantumSettings) -> Secrets:
    """From the environment; what is missing in development comes from the generated file."""
    given = {
        "QUANTUM_API_KEY": settings.quantum_api_key,
        "QUANTUM_OPERATOR_KEY": settings.quantum_operator_key,
        "QUANTUM_MASTER_KEY": settings.quantum_master_key,
    }
    if settings.production:
        refuse([problem for name, value in given.items() if (problem := secret_problem(name, value))])
    elif not all(given.values()):
        generated = development_secrets(settings.data_dir)
        given = {name: value or getattr(generated, name) for name, value in given.items()}
    text = {name: value.get_secret_value() for name, value in given.items() if value is not None}
    if text["QUANTUM_API_KEY"] == text["QUANTUM_OPERATOR_KEY"]:
        refuse(["QUANTUM_API_KEY and QUANTUM_OPERATOR_KEY must differ"])
    return Secrets(text["QUANTUM_API_KEY"], text["QUANTUM_OPERATOR_KEY"], _master_key(text["QUANTUM_MASTER_KEY"]))


def _master_key(text: str) -> MasterKey:
    try:
        return MasterKey.from_text(text)
    except ValueError:
        refuse(["QUANTUM_MASTER_KEY must be 32 bytes as base64url without padding"])
        raise
