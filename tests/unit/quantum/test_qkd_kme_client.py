"""What the ETSI 014 client makes of a KME that answers oddly, and the simulator's link alone."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from quantum_service.qkd.etsi014 import Credentials, KmeClient, KmeFailed
from quantum_service.qkd.kme_simulator import certificates
from quantum_service.qkd.kme_simulator.filling import Filling
from quantum_service.qkd.kme_simulator.link import CAPACITY_KEYS, Link, NotEnough, NotFound, NotYours

ID = UUID(int=7)
KEY = bytes(range(32))
STATUS = {
    "source_KME_ID": "one",
    "target_KME_ID": "two",
    "master_SAE_ID": "us",
    "slave_SAE_ID": "them",
    "key_size": 256,
    "stored_key_count": 5,
    "max_key_count": 10,
    "max_key_per_request": 4,
    "max_key_size": 1024,
    "min_key_size": 64,
    "max_SAE_ID_count": 0,
}


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    folder = tmp_path_factory.mktemp("certificates")
    certificates.make_once(folder, (), ("us",))
    return Credentials(folder / certificates.AUTHORITY, *certificates.certificate_of(folder, "us"))


def client(credentials: Credentials, status: int, body: Any) -> KmeClient:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, json=body))
    return KmeClient("https://kme", "them/../../x", credentials, transport=transport)


def container(*keys: tuple[Any, Any]) -> dict[str, Any]:
    return {"keys": [{"key_ID": key_id, "key": key, "key_extension": {"qber": 0.01}} for key_id, key in keys]}


async def test_what_vendors_add_is_passed_over(credentials: Credentials) -> None:
    async with client(credentials, 200, STATUS | {"vendor": {"qber": 0.01}}) as kme:
        assert (await kme.status()).stored_key_count == 5
    async with client(credentials, 200, container((str(ID), base64.b64encode(KEY).decode()))) as kme:
        [key] = await kme.enc_keys(1, 256)
    assert (key.id, key.data) == (ID, KEY)


async def test_a_peers_name_stays_one_part_of_the_path(credentials: Credentials) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path.decode())
        return httpx.Response(200, json=STATUS)

    transport = httpx.MockTransport(answer)
    async with KmeClient("https://kme", "them/../../x?y", credentials, transport=transport) as kme:
        await kme.status()
    assert asked == ["/api/v1/keys/them%2F..%2F..%2Fx%3Fy/status"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        container((str(ID), "not base64!")),
        container((str(ID), 7)),
        container(("x", base64.b64encode(KEY).decode())),
        container((str(ID), base64.b64encode(KEY[:-1]).decode())),
        container(*[(str(ID), base64.b64encode(KEY).decode())] * 2),
        container(),
    ],
)
async def test_keys_of_another_form_number_or_size_are_refused(credentials: Credentials, body: Any) -> None:
    async with client(credentials, 200, body) as kme:
        with pytest.raises(KmeFailed) as failed:
            await kme.enc_keys(1, 256)
    assert failed.value.reason == "malformed"
    assert base64.b64encode(KEY).decode()[:8] not in repr(failed.value) + str(failed.value.__cause__)


async def test_keys_of_other_ids_are_refused(credentials: Credentials) -> None:
    async with client(credentials, 200, container((str(ID), base64.b64encode(KEY).decode()))) as kme:
        assert [key.data for key in await kme.dec_keys([ID])] == [KEY]
        with pytest.raises(KmeFailed, match="malformed"):
            await kme.dec_keys([uuid4()])


@pytest.mark.parametrize(
    ("status", "reason"),
    [(400, "bad_request"), (401, "not_authorised"), (503, "unavailable"), (404, "malformed"), (500, "malformed")],
)
async def test_refusals_have_a_reason_and_the_kmes_message(credentials: Credentials, status: int, reason: str) -> None:
    async with client(credentials, status, {"message": "no", "details": []}) as kme:
        with pytest.raises(KmeFailed) as failed:
            await kme.status()
    assert (failed.value.reason, failed.value.message, str(failed.value)) == (reason, "no", reason)
    async with client(credentials, status, "no object") as kme:
        with pytest.raises(KmeFailed) as failed:
            await kme.status()
    assert failed.value.message == ""


def test_certificates_are_made_once(tmp_path: Path) -> None:
    certificates.make_once(tmp_path, ("kme",), ("sae",))
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert set(before) == {"ca.pem", "kme.pem", "kme.key", "sae.pem", "sae.key"}
    certificates.make_once(tmp_path, ("kme",), ("sae",))
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_link_gives_each_bit_once_and_all_or_nothing() -> None:
    link = Link()
    lows: list[int] = []
    link.on_low = lambda: lows.append(link.stored)
    link.add(bytes(range(64)))
    assert link.stored == 2
    with pytest.raises(NotEnough):
        link.take("a", "b", 3, 256)
    [(first, one), (second, two)] = link.take("a", "b", 2, 256)
    assert (one + two, link.stored, lows) == (bytes(range(64)), 0, [0])
    for master, slave, refusal in (("a", "c", NotYours), ("b", "a", NotYours)):
        with pytest.raises(refusal):
            link.collect(master, slave, [first, second])
    with pytest.raises(NotFound):
        link.collect("a", "b", [first, first])
    assert link.collect("a", "b", [second, first]) == [(second, two), (first, one)]
    with pytest.raises(NotFound):
        link.collect("a", "b", [first])


def test_a_link_is_filled_by_runs_that_authenticate_each_other_and_no_further() -> None:
    link = Link()
    filling = Filling(link, noise=0.0, eavesdropper=0.0)
    before = filling._authentication
    assert filling.run_once()
    assert link.stored > 40
    assert filling._authentication != before
    link.add(bytes(CAPACITY_KEYS * 32))
    assert link.stored == CAPACITY_KEYS


def test_an_eavesdropper_leaves_the_link_empty() -> None:
    link = Link()
    assert not Filling(link, noise=0.0, eavesdropper=1.0).run_once()
    assert link.stored == 0
