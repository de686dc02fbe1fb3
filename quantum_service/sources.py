"""The sources of the entropy pool that the settings ask for, in their order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from quantum_service.entropy.sources import EntropySource
from quantum_service.entropy.sources.aer import AerSource
from quantum_service.entropy.sources.ibm import IbmAccess, IbmSource
from quantum_service.entropy.sources.os import OsSource
from quantum_service.settings import QuantumSettings, SourceName
from shared.settings import refuse


def configured_sources(settings: QuantumSettings) -> list[EntropySource]:
    """`ConfigurationError` names what is missing."""
    return [_MAKERS[name](settings) for name in dict.fromkeys(settings.sources)]


def _ibm(settings: QuantumSettings) -> EntropySource:
    if settings.qiskit_ibm_token is None:
        refuse(["QUANTUM_ENTROPY_SOURCE names ibm, and QISKIT_IBM_TOKEN is missing"])
        raise AssertionError
    instance = settings.qiskit_ibm_instance
    return IbmSource(
        IbmAccess(
            token=settings.qiskit_ibm_token.get_secret_value(),
            instance=instance.get_secret_value() if instance else None,
            channel=settings.qiskit_ibm_channel,
            backend=settings.quantum_ibm_backend,
            seconds_per_day=settings.quantum_ibm_seconds_per_day,
        )
    )


_MAKERS: Final[dict[SourceName, Callable[[QuantumSettings], EntropySource]]] = {
    "ibm": _ibm,
    "aer": lambda _: AerSource(),
    "os": lambda _: OsSource(),
}
