"""What must be right before the service starts, and the bounded workers it starts with."""

from __future__ import annotations

import asyncio
import ctypes.util
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from quantum_service.primitives.errors import InvalidSignature
from quantum_service.primitives.providers import KemProvider, Providers, installed, liboqs
from quantum_service.primitives.providers.openssl import OpensslKem
from quantum_service.primitives.providers.pqclean import PqcleanFalcon
from quantum_service.self_tests import SelfTestFailed, run_self_tests
from quantum_service.settings import QuantumSettings, load_secrets
from shared.encoding import to_base64url
from shared.errors import Unavailable
from shared.settings import ConfigurationError
from shared.workers import Workers
from tests.processes import PATIENCE

STRONG = ("Zq3w8Xn5Vb1Lk7Rt9Ty2Uo4Pa6Sd0Fg_", "Hj8Kl2Zx5Cv9Bn3Mq7We1Rt6Yu4Io0Pa_")


class OtherSecret(OpensslKem):
    def decapsulate(self, seed: bytes, ciphertext: bytes) -> bytes:
        return bytes(32)


class AcceptsAll(PqcleanFalcon):
    def verify(self, public_key: bytes, message: bytes, signature: bytes) -> None:
        return


class RefusesAll(PqcleanFalcon):
    def verify(self, public_key: bytes, message: bytes, signature: bytes) -> None:
        raise InvalidSignature


class Crashes(PqcleanFalcon):
    def sign(self, private_key: bytes, message: bytes) -> bytes:
        raise OSError


def test_known_answers_with_the_installed_providers() -> None:
    run_self_tests(installed())


def test_known_answers_with_liboqs() -> None:
    oqs = liboqs.load()
    if oqs is None:
        pytest.skip("the liboqs library is not installed (OQS_INSTALL_PATH)")
    run_self_tests(Providers(liboqs.LiboqsKem(oqs), liboqs.LiboqsFalcon(oqs)))


@pytest.mark.parametrize("falcon", [AcceptsAll, RefusesAll, Crashes])
def test_a_wrong_falcon_stops_the_start(falcon: type[PqcleanFalcon]) -> None:
    with pytest.raises(SelfTestFailed, match="Falcon-512"):
        run_self_tests(Providers(OpensslKem(), falcon()))


def test_a_wrong_kem_stops_the_start() -> None:
    kem: KemProvider = OtherSecret()
    with pytest.raises(SelfTestFailed, match="ML-KEM-768"):
        run_self_tests(Providers(kem, PqcleanFalcon()))


def test_oqs_is_never_imported_without_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its import would count down and then build the library from the network."""
    monkeypatch.setenv("OQS_INSTALL_PATH", str(tmp_path))
    monkeypatch.delenv("QUANTUM_BUILD_LIBOQS", raising=False)
    monkeypatch.delitem(sys.modules, "oqs", raising=False)
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: None)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "liboqs.so").write_bytes(b"not a library")
    assert liboqs.load() is None
    assert "oqs" not in sys.modules


def production(**given: str) -> QuantumSettings:
    values: dict[str, Any] = {name: SecretStr(value) for name, value in given.items()}
    return QuantumSettings(azure_env="production", **values)


@pytest.fixture(autouse=True)
def _no_secrets_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QUANTUM_API_KEY", "QUANTUM_OPERATOR_KEY", "QUANTUM_MASTER_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_production_names_everything_missing_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_secrets(production())
    for name in ("QUANTUM_API_KEY", "QUANTUM_OPERATOR_KEY", "QUANTUM_MASTER_KEY"):
        assert f"{name} is missing" in str(caught.value)


def test_both_keys_must_differ() -> None:
    master = to_base64url(bytes(range(32)))
    with pytest.raises(ConfigurationError, match="must differ"):
        load_secrets(production(quantum_api_key=STRONG[0], quantum_operator_key=STRONG[0], quantum_master_key=master))


def test_the_master_key_must_be_32_bytes_and_is_not_quoted() -> None:
    text = STRONG[0] + "!!"
    with pytest.raises(ConfigurationError, match="QUANTUM_MASTER_KEY must be 32 bytes") as caught:
        load_secrets(production(quantum_api_key=STRONG[0], quantum_operator_key=STRONG[1], quantum_master_key=text))
    assert text not in str(caught.value)


def test_development_makes_its_secrets_once(tmp_path: Path) -> None:
    settings = QuantumSettings(data_dir=tmp_path)
    first, second = load_secrets(settings), load_secrets(settings)
    assert first.api_key == second.api_key != first.operator_key
    assert first.master_key.id == second.master_key.id
    assert first.api_key not in repr(first)


async def test_full_workers_refuse_at_once_and_take_again_later() -> None:
    workers, go = Workers(threads=1, queue=1), threading.Event()
    running = [asyncio.create_task(workers.run(lambda: go.wait(PATIENCE))) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable) as caught:
        await workers.run(lambda: None)
    assert (caught.value.code, caught.value.retry_after) == ("overloaded", 1)
    go.set()
    await asyncio.gather(*running)
    await asyncio.sleep(0)
    assert await workers.run(lambda: 7) == 7
    await workers.close()


async def test_a_job_whose_caller_left_keeps_its_place_until_it_ends() -> None:
    """Else a client that gives up and asks again could pile up work without end."""
    workers, started, go = Workers(threads=1, queue=0), threading.Event(), threading.Event()

    def job() -> None:
        started.set()
        go.wait(PATIENCE)

    caller = asyncio.create_task(workers.run(job))
    await asyncio.to_thread(started.wait)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    with pytest.raises(Unavailable):
        await workers.run(lambda: None)
    go.set()
    await workers.close()
    await asyncio.sleep(0)
    assert workers.taken == 0
