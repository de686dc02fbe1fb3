"""The quantum service for people who are signed in: what can be shown, and nothing that anybody's keys are made of."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from app_service.accounts.access import AccountCaller
from app_service.notary import Notaries
from app_service.quantum_client import QuantumClient
from app_service.rate_limits import RateLimits
from shared.http import JsonLines
from shared.schemas.bb84 import Bb84Event, Bb84Request
from shared.schemas.quantum import NotaryKey, RawSamples

router = APIRouter(prefix="/api/quantum", tags=["quantum"])


async def _client(request: Request) -> QuantumClient:
    client: QuantumClient = request.app.state.quantum
    return client


async def _notary(request: Request) -> NotaryKey:
    """The key that browsers have pinned for receipts."""
    notaries: Notaries = request.app.state.notaries
    notary = notaries.receipt.current()
    return NotaryKey(public_key=notary.public_key, wrapped_private_key=notary.wrapped_private_key)


async def _limited(request: Request, caller: AccountCaller) -> None:
    limits: RateLimits = request.app.state.limits
    await limits.demonstration(str(caller.user_id))


@router.get("/samples")
async def samples(_: AccountCaller, quantum: Annotated[QuantumClient, Depends(_client)]) -> RawSamples:
    """Raw bits of each source that were set aside to be looked at: nothing that anybody draws depends on them."""
    return await quantum.samples()


@router.post("/bb84", response_class=JsonLines, responses={200: {"model": Bb84Event}}, dependencies=[Depends(_limited)])
async def bb84(
    body: Bb84Request,
    quantum: Annotated[QuantumClient, Depends(_client)],
    notary: Annotated[NotaryKey, Depends(_notary)],
) -> JsonLines:
    """A simulated run, told as `application/x-ndjson` while it goes on; its key is thrown away."""
    return JsonLines(await quantum.bb84(body, notary))
