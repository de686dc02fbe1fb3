"""The sources of the entropy pool that the settings ask for, in their order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from quantum_service.entropy.sources import EntropySource
from quantum_service.entropy.sources.aer import AerSource
from quantum_service.entropy.sources.ibm import IbmAccess, IbmSource
from quantum_service.entropy.sources.ibm_record import Record
from quantum_service.entropy.sources.os import OsSource
from quantum_service.entropy.sources.qkd import QkdSource
from quantum_service.qkd.etsi014 import Credentials
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
        ),
        record=Record(settings.data_dir / "ibm.json"),
    )


_OF_QKD: Final = tuple(f"QUANTUM_QKD_{name}" for name in ("URL", "PEER", "AUTHORITY", "CERTIFICATE", "PRIVATE_KEY"))


def _qkd(settings: QuantumSettings) -> EntropySource:
    url, peer = settings.quantum_qkd_url, settings.quantum_qkd_peer
    authority, certificate = settings.quantum_qkd_authority, settings.quantum_qkd_certificate
    private_key = settings.quantum_qkd_private_key
    if not (url and peer and authority and certificate and private_key):
        refuse(["QUANTUM_ENTROPY_SOURCE names qkd, which needs all of " + ", ".join(_OF_QKD)])
        raise AssertionError
    if not url.startswith("https://"):
        refuse(["QUANTUM_QKD_URL must begin with https://"])
    return QkdSource(url, peer, Credentials(authority, certificate, private_key))


_MAKERS: Final[dict[SourceName, Callable[[QuantumSettings], EntropySource]]] = {
    "ibm": _ibm,
    "qkd": _qkd,
    "aer": lambda _: AerSource(),
    "os": lambda _: OsSource(),
}
