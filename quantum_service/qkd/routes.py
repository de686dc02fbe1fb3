"""BB84 over HTTP: one answer that is written line by line while the run goes on."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Security

from quantum_service.access import caller_is_operator
from quantum_service.qkd.runs import Runs
from quantum_service.qkd.seeds import Seeds
from quantum_service.routes import DeskNow, NotaryNow
from shared.http import JsonLines
from shared.schemas.bb84 import Bb84Event, Bb84Request
from shared.schemas.quantum import RandomResponse

router = APIRouter(prefix="/api/quantum", tags=["app_service or operator"], dependencies=[Security(caller_is_operator)])


async def _runs(request: Request) -> Runs:
    runs: Runs = request.app.state.bb84
    return runs


@router.post("/bb84", response_class=JsonLines, responses={200: {"model": Bb84Event}})
async def bb84(body: Bb84Request, desk: DeskNow, notary: NotaryNow, runs: Annotated[Runs, Depends(_runs)]) -> JsonLines:
    """A simulated run, told as `application/x-ndjson`; its key is thrown away."""
    drawn = await desk.draw(Seeds.BYTES, notary=notary)
    runs.admit()
    return JsonLines(_lines(runs, body, drawn))


async def _lines(runs: Runs, body: Bb84Request, drawn: RandomResponse) -> AsyncGenerator[str, None]:
    async with aclosing(runs.events(body, drawn)) as events:
        async for event in events:
            yield event.model_dump_json() + "\n"
