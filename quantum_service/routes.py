"""The HTTP way in and out. Calls run in the bounded workers, and on the event loop only a draw of few bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final, TypeVar

from fastapi import APIRouter, Depends, Header, Query, Request, Security
from pydantic import BaseModel

from quantum_service import VERSION
from quantum_service.access import caller_is_operator, operator_only, require_operator
from quantum_service.metrics import Metrics
from quantum_service.operations import Operations
from quantum_service.primitives.providers import installed
from shared.errors import Malformed
from shared.schemas import quantum as wire
from shared.workers import Workers

Answer = TypeVar("Answer", bound=BaseModel)
QUICK_BYTES: Final = 1024
"""So many bytes are drawn in less time than handing the work to a thread takes."""

open_routes = APIRouter(tags=["service"])
api_routes = APIRouter(
    prefix="/api/quantum", tags=["app_service or operator"], dependencies=[Security(caller_is_operator)]
)
operator_routes = APIRouter(prefix="/api/quantum", tags=["operator"], dependencies=[Security(operator_only)])


class Desk:
    """Takes a call to the workers and counts it."""

    def __init__(self, operations: Operations, workers: Workers, metrics: Metrics) -> None:
        self.operations = operations
        self._workers = workers
        self._metrics = metrics

    async def run(self, call: str, items: int, work: Callable[[], Answer]) -> Answer:
        return self.count(call, items, await self._workers.run(work))

    async def draw(
        self, length: int, require: wire.Requirement = "any", notary: wire.NotaryKey | None = None
    ) -> wire.RandomResponse:
        def work() -> wire.RandomResponse:
            return self.operations.random(length, require, notary)

        if notary is None and length <= QUICK_BYTES:
            return self.count("random", 1, work())
        return await self.run("random", 1, work)

    def count(self, call: str, items: int, answer: Answer) -> Answer:
        self._metrics.items.labels(call).inc(items)
        if isinstance(answer, wire.EstablishResponse | wire.RandomResponse):
            mode = "quantum-mixed" if answer.receipt.quantum_contributed else "os-only"
            self._metrics.draws.labels(mode).inc()
        return answer


async def desk(request: Request) -> Desk:
    found: Desk = request.app.state.desk
    return found


DeskNow = Annotated[Desk, Depends(desk)]


async def notary_key(
    public_key: Annotated[wire.NotaryPublicKey | None, Header(alias=wire.NOTARY_KEY_HEADER)] = None,
    wrapped_private_key: Annotated[wire.WrappedKey | None, Header(alias=wire.NOTARY_BLOB_HEADER)] = None,
) -> wire.NotaryKey | None:
    """In headers, since neither a `GET` with a body nor keys in logged addresses would do."""
    if public_key is None and wrapped_private_key is None:
        return None
    if public_key is None or wrapped_private_key is None:
        raise Malformed("malformed", "A notary key is its public half and its wrapped private half.")
    return wire.NotaryKey(public_key=public_key, wrapped_private_key=wrapped_private_key)


NotaryNow = Annotated[wire.NotaryKey | None, Depends(notary_key)]


@open_routes.get("/")
async def about() -> dict[str, str]:
    return {
        "service": "quantum_service",
        "description": "Stateless post-quantum cryptography and random numbers for QuantumChat",
        "version": VERSION,
        "health": "/api/health",
        "docs": "/docs",
        "metrics": "/metrics",
    }


@open_routes.get("/api/health")
async def health(desk: DeskNow) -> wire.QuantumHealth:
    """`degraded` while draws go without a quantum source that is configured; they are as good as the OS then."""
    pool = desk.operations.pool
    return wire.QuantumHealth(
        status="degraded" if pool.degraded else "ok",
        version=VERSION,
        providers=installed().names(),
        entropy=pool.state(),
        self_tests="passed",  # without that the service would not have started
        master_key_id=desk.operations.master.id.hex(),
    )


@api_routes.get("/random")
async def random(
    desk: DeskNow,
    notary: NotaryNow,
    length: Annotated[int, Query(alias="bytes", ge=1, le=wire.MAX_RANDOM_BYTES)] = 32,
    require: Annotated[wire.Requirement, Query()] = "any",
) -> wire.RandomResponse:
    """`require=hardware`: 503 `hardware_entropy_unavailable` without a quantum device's credited part.

    With a notary key of usage `sign:receipt` in the headers the receipt comes signed.
    """
    return await desk.draw(length, require, notary)


@api_routes.get("/samples")
async def samples(desk: DeskNow) -> wire.RawSamples:
    """Raw bits of each source's newest block that were set aside to be shown; nothing that is drawn depends on them."""
    return desk.operations.pool.samples()


@api_routes.post("/keygen")
async def keygen(
    body: wire.KeygenRequest, desk: DeskNow, is_operator: Annotated[bool, Security(caller_is_operator)]
) -> wire.KeyPair:
    """A key pair whose private half only this service can open; keys of usage `kem` need the operator's key."""
    if body.usage == "kem":
        require_operator(is_operator)
    return await desk.run("keygen", 1, lambda: desk.operations.keygen(body))


@api_routes.post("/encapsulate")
async def encapsulate(body: wire.EncapsulateRequest, desk: DeskNow) -> wire.EncapsulateResponse:
    return await desk.run("encapsulate", len(body.public_keys), lambda: desk.operations.encapsulate(body))


@api_routes.post("/sign")
async def sign(body: wire.SignRequest, desk: DeskNow) -> wire.SignResponse:
    """Falcon-512 alone."""
    return await desk.run("sign", len(body.items), lambda: desk.operations.sign(body))


@api_routes.post("/verify")
async def verify(body: wire.VerifyRequest, desk: DeskNow) -> wire.VerifyResponse:
    """Falcon-512 alone; 200 with a verdict per item."""
    return await desk.run("verify", len(body.items), lambda: desk.operations.verify(body))


@api_routes.post("/wrap_sign")
async def wrap_sign(body: wire.SignRequest, desk: DeskNow) -> wire.SignResponse:
    """Falcon-512 and ECDSA P-256 together."""
    return await desk.run("wrap_sign", len(body.items), lambda: desk.operations.wrap_sign(body))


@api_routes.post("/wrap_verify")
async def wrap_verify(body: wire.VerifyRequest, desk: DeskNow) -> wire.VerifyResponse:
    """Both halves must be valid; 200 with a verdict per item."""
    return await desk.run("wrap_verify", len(body.items), lambda: desk.operations.wrap_verify(body))


@api_routes.post("/establish")
async def establish(body: wire.EstablishRequest, desk: DeskNow) -> wire.EstablishResponse:
    """A fresh secret, encapsulated to every recipient, in a signed transcript."""
    return await desk.run("establish", len(body.recipients), lambda: desk.operations.establish(body))


@operator_routes.post("/decapsulate")
async def decapsulate(body: wire.DecapsulateRequest, desk: DeskNow) -> wire.DecapsulateResponse:
    return await desk.run("decapsulate", len(body.items), lambda: desk.operations.decapsulate(body))


@operator_routes.post("/encrypt")
async def encrypt(body: wire.EncryptRequest, desk: DeskNow) -> wire.EncryptResponse:
    return await desk.run("encrypt", len(body.items), lambda: desk.operations.encrypt(body))


@operator_routes.post("/decrypt")
async def decrypt(body: wire.DecryptRequest, desk: DeskNow) -> wire.DecryptResponse:
    return await desk.run("decrypt", len(body.items), lambda: desk.operations.decrypt(body))
