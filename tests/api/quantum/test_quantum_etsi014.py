"""ETSI GS QKD 014 over real mutual TLS: our client, and the KME simulator in a process of its own."""

from __future__ import annotations

import asyncio
import base64
import logging
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from quantum_service.entropy.sources import SourceFailed
from quantum_service.entropy.sources.qkd import BLOCK_BYTES, QkdSource
from quantum_service.main import create_app
from quantum_service.primitives import kem
from quantum_service.qkd.etsi014 import Credentials, KmeClient, KmeFailed
from quantum_service.qkd.kme_simulator import certificates
from quantum_service.sources import configured_sources
from shared.encoding import to_base64url
from shared.settings import PROJECT_ROOT, ConfigurationError
from tests.api.quantum.conftest import API_KEY, Caller, settings
from tests.api.quantum.test_quantum_access import ESTABLISH
from tests.processes import PATIENCE, eventually, free_ports, plain_environment

NOT_FOUND = "one or more keys specified are not found on KME"


@dataclass(frozen=True)
class Simulator:
    folder: Path
    url_a: str
    url_b: str

    def credentials(self, sae: str) -> Credentials:
        return Credentials(self.folder / certificates.AUTHORITY, *certificates.certificate_of(self.folder, sae))

    def at_a(self) -> KmeClient:
        """sae-a at its KME."""
        return KmeClient(self.url_a, "sae-b", self.credentials("sae-a"))

    def at_b(self) -> KmeClient:
        return KmeClient(self.url_b, "sae-a", self.credentials("sae-b"))

    def raw(self, sae: str, kme: str, method: str, path: str, **given: Any) -> httpx.Response:
        """Any request at all, as an SAE at a KME."""
        url = self.url_a if kme == "a" else self.url_b
        with httpx.Client(verify=self.credentials(sae).context(), trust_env=False, timeout=60) as http:
            return http.request(method, f"{url}/api/v1/keys/{path}", **given)

    def stored(self) -> int:
        found: int = self.raw("sae-a", "a", "GET", "sae-b/status").json()["stored_key_count"]
        return found


@pytest.fixture(scope="module")
def kme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    folder = tmp_path_factory.mktemp("kme")
    port_a, port_b = free_ports(2)
    command = [sys.executable, "-m", "quantum_service.qkd.kme_simulator", str(folder / "certificates")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, f"--port-a={port_a}", f"--port-b={port_b}"],
            cwd=PROJECT_ROOT,
            env=plain_environment(),
            stdout=log,
            stderr=log,
        )
        simulator = Simulator(folder / "certificates", f"https://localhost:{port_a}", f"https://localhost:{port_b}")
        try:
            eventually(lambda: process.poll() is not None or (folder / "certificates/ca.pem").exists())
            eventually(lambda: process.poll() is not None or simulator.stored() >= 160, what="a link with keys")
            assert process.poll() is None, (folder / "log").read_text()
            yield simulator
        finally:
            process.kill()
            process.wait()


async def test_status_enc_keys_dec_keys(kme: Simulator) -> None:
    async with kme.at_a() as a, kme.at_b() as b:
        status = await a.status()
        assert (status.source_kme_id, status.target_kme_id) == ("kme-a", "kme-b")
        assert (status.master_sae_id, status.slave_sae_id) == ("sae-a", "sae-b")
        assert (status.key_size, status.max_sae_id_count) == (256, 0)
        assert 0 < status.stored_key_count <= status.max_key_count
        ours = await a.enc_keys(3, 512)
        assert {len(key.data) for key in ours} == {64}
        assert len({key.data for key in ours}) == 3
        theirs = await b.dec_keys([key.id for key in ours])
        assert theirs == ours


async def test_a_key_is_delivered_once(kme: Simulator) -> None:
    async with kme.at_a() as a, kme.at_b() as b:
        first, second = await a.enc_keys(2, 256)
        await b.dec_keys([first.id])
        for ids in ([first.id], [second.id, first.id], [second.id, uuid4()]):
            with pytest.raises(KmeFailed) as refused:
                await b.dec_keys(ids)
            assert (refused.value.reason, refused.value.message) == ("bad_request", NOT_FOUND)
        assert await b.dec_keys([second.id]) == [second], "a refused call takes nothing"


async def test_either_side_may_be_the_master(kme: Simulator) -> None:
    async with kme.at_a() as a, kme.at_b() as b:
        [key] = await b.enc_keys(1, 256)
        assert await a.dec_keys([key.id]) == [key]


async def test_keys_are_for_the_sae_that_they_were_requested_for(kme: Simulator) -> None:
    async with kme.at_a() as a:
        [key] = await a.enc_keys(1, 256)
        with pytest.raises(KmeFailed) as refused:
            await a.dec_keys([key.id])
        assert refused.value.reason == "not_authorised"


@pytest.mark.parametrize(
    ("method", "path", "given", "status", "message"),
    [
        ("POST", "sae-b/enc_keys", {"json": {"size": 12}}, 400, "size shall be a multiple of 8"),
        ("POST", "sae-b/enc_keys", {"json": {"size": 8192}}, 400, None),
        ("POST", "sae-b/enc_keys", {"json": {"number": 0}}, 400, None),
        ("POST", "sae-b/enc_keys", {"json": {"number": 129}}, 400, None),
        ("POST", "sae-b/enc_keys", {"json": {"number": "many"}}, 400, None),
        ("POST", "sae-b/enc_keys", {"json": {"number": 128, "size": 4096}}, 503, None),
        ("POST", "sae-b/enc_keys", {"json": {"additional_slave_SAE_IDs": ["sae-c"]}}, 400, None),
        (
            "POST",
            "sae-b/enc_keys",
            {"json": {"extension_mandatory": [{"route": "short"}]}},
            400,
            "not all extension_mandatory parameters are supported",
        ),
        ("POST", "sae-b/enc_keys", {"content": b"{"}, 400, None),
        ("POST", "sae-b/enc_keys", {"content": b"[]"}, 400, None),
        ("POST", "sae-b/enc_keys", {"content": b"x" * 70_000}, 400, None),
        ("GET", "sae-c/status", {}, 400, None),
        ("GET", "sae-b/nothing", {}, 400, None),
        ("POST", "sae-b/status", {}, 400, None),
        ("GET", "sae-b/dec_keys?key_ID=" + str(UUID(int=1)), {}, 400, NOT_FOUND),
        ("POST", "sae-b/dec_keys", {"json": {"key_IDs": []}}, 400, None),
        ("POST", "sae-b/dec_keys", {"json": {"key_IDs": [{"key_ID": "x"}]}}, 400, None),
        ("POST", "sae-b/dec_keys", {"json": {"key_IDs": ["x"]}}, 400, None),
    ],
)
def test_errors_are_those_of_the_standard(
    kme: Simulator, method: str, path: str, given: Any, status: int, message: str | None
) -> None:
    refused = kme.raw("sae-a", "a", method, path, **given)
    assert refused.status_code == status
    body = refused.json()
    assert set(body) == {"message"}
    assert message is None or body["message"] == message


def test_get_will_do_where_the_standard_says_so(kme: Simulator) -> None:
    [key] = kme.raw("sae-a", "a", "GET", "sae-b/enc_keys").json()["keys"]
    assert len(base64.b64decode(key["key"])) == 32
    [same] = kme.raw("sae-b", "b", "GET", f"sae-a/dec_keys?key_ID={key['key_ID']}").json()["keys"]
    assert same == key
    two = kme.raw("sae-a", "a", "GET", "sae-b/enc_keys?number=2&size=128").json()["keys"]
    assert [len(base64.b64decode(each["key"])) for each in two] == [16, 16]


def test_a_kme_serves_its_own_sae_alone(kme: Simulator) -> None:
    refused = kme.raw("sae-b", "a", "GET", "sae-b/status")
    assert (refused.status_code, set(refused.json())) == (401, {"message"})


async def test_nobody_comes_in_without_a_certificate_of_the_authority(kme: Simulator, tmp_path: Path) -> None:
    certificates.make_once(tmp_path, (), ("sae-a",))
    stranger = Credentials(kme.folder / certificates.AUTHORITY, *certificates.certificate_of(tmp_path, "sae-a"))
    async with KmeClient(kme.url_a, "sae-b", stranger) as client:
        with pytest.raises(KmeFailed, match="unreachable"):
            await client.status()
    nobody = ssl.create_default_context(cafile=kme.folder / certificates.AUTHORITY)
    async with httpx.AsyncClient(verify=nobody, trust_env=False) as http:
        with pytest.raises((httpx.TransportError, ssl.SSLError)):
            await http.get(f"{kme.url_a}/api/v1/keys/sae-b/status")


async def test_a_kme_of_another_authority_gets_no_request(kme: Simulator, tmp_path: Path) -> None:
    certificates.make_once(tmp_path, (), ())
    ours = kme.credentials("sae-a")
    other = Credentials(tmp_path / certificates.AUTHORITY, ours.certificate, ours.private_key)
    async with KmeClient(kme.url_a, "sae-b", other) as client:
        with pytest.raises(KmeFailed, match="unreachable"):
            await client.status()


async def test_no_key_in_logs_and_repr(kme: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with kme.at_a() as a:
        [key] = await a.enc_keys(1, 256)
    seen = caplog.text + repr(key) + str(key) + (kme.folder.parent / "log").read_text()
    for form in (key.data.hex(), base64.b64encode(key.data).decode(), repr(key.data)):
        assert form not in seen
    for file in kme.folder.glob("*.key"):
        assert file.stat().st_mode & 0o077 == 0


async def test_the_source_takes_a_block_and_says_that_it_is_simulated(kme: Simulator) -> None:
    source = QkdSource(kme.url_a, "sae-b", kme.credentials("sae-a"))
    eventually(lambda: kme.stored() >= BLOCK_BYTES // 32, what="keys for a block")
    block = await source.sample()
    assert [len(stream) for stream in block.streams] == [BLOCK_BYTES]
    assert block.backend == "kme-a/kme-b"
    assert UUID(block.job_id)
    assert (source.simulated, source.credited_min_entropy) == (True, 0.0)


async def test_a_source_whose_kme_is_away_fails_by_name(kme: Simulator, tmp_path: Path) -> None:
    [port] = free_ports(1)
    for url, credentials, reason in (
        (f"https://localhost:{port}", kme.credentials("sae-a"), "kme_unreachable"),
        (kme.url_a, kme.credentials("sae-b"), "kme_not_authorised"),
        (kme.url_a, Credentials(tmp_path / "a", tmp_path / "b", tmp_path / "c"), "certificates"),
    ):
        with pytest.raises(SourceFailed) as failed:
            await QkdSource(url, "sae-b", credentials).sample()
        assert failed.value.reason == reason


async def test_a_contribution_that_qkd_went_into(kme: Simulator, tmp_path: Path) -> None:
    """What founds a session: its receipt names the link and the id of a key, and credits a simulator nothing."""
    ours = kme.credentials("sae-b")
    app = create_app(
        settings(
            tmp_path,
            quantum_entropy_source="qkd",
            quantum_qkd_url=kme.url_b,
            quantum_qkd_peer="sae-a",
            quantum_qkd_authority=ours.authority,
            quantum_qkd_certificate=ours.certificate,
            quantum_qkd_private_key=ours.private_key,
        )
    )
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://quantum") as http,
    ):
        caller = Caller(http, API_KEY)
        await _until_qkd_is_in_use(caller)
        notary = await caller.ok("keygen", {"algorithm": "hybrid", "usage": "sign:establish"})
        made = await caller.ok(
            "establish",
            {
                **ESTABLISH,
                "notary_public_key": notary["public_key"],
                "notary_wrapped_private_key": notary["wrapped_private_key"],
                "recipients": [_recipient()],
            },
        )
    receipt = made["receipt"]
    assert receipt["sources"] == ["os", "qkd"]
    assert receipt["quantum_contributed"] is receipt["simulated"] is True
    assert receipt["credited_bits"] == 0
    [part] = receipt["parts"]
    assert part["backend"] == "kme-b/kme-a"
    assert UUID(part["job_id"])


async def _until_qkd_is_in_use(caller: Caller) -> None:
    for _ in range(int(PATIENCE / 0.05)):
        if (await caller.call("GET", "/api/health")).json()["entropy"]["mode"] == "quantum-mixed":
            return
        await asyncio.sleep(0.05)
    raise TimeoutError("no block of the link came in")


def _recipient() -> dict[str, Any]:
    return {
        "device_id": "01900000-0000-7000-8000-000000000001",
        "number": 1,
        "encapsulation_key": to_base64url(kem.public_key(bytes(range(64)))),
    }


@pytest.mark.parametrize(
    ("changes", "words"), [({"quantum_qkd_peer": None}, "QUANTUM_QKD_PEER"), ({"quantum_qkd_url": "http://x"}, "https")]
)
def test_a_source_that_lacks_a_setting_stops_the_start(tmp_path: Path, changes: Any, words: str) -> None:
    complete = {f"quantum_qkd_{name}": tmp_path for name in ("authority", "certificate", "private_key")}
    given = {"quantum_entropy_source": "qkd", "quantum_qkd_url": "https://x", "quantum_qkd_peer": "y", **complete}
    with pytest.raises(ConfigurationError, match=words):
        configured_sources(settings(tmp_path, **given | changes))
