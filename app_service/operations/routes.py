"""The service about itself: health, configuration."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from app_service.operations.schemas import Alive, Health, PublicConfig
from app_service.operations.service import Operations

router = APIRouter(prefix="/api", tags=["service"])


async def _operations(request: Request) -> Operations:
    operations: Operations = request.app.state.operations
    return operations


OperationsNow = Annotated[Operations, Depends(_operations)]


@router.get("/health")
async def health(operations: OperationsNow) -> Health:
    """200 also when `degraded`, so that no platform restarts a healthy app because its neighbour is away."""
    return await operations.health()


@router.get("/health/live")
async def live() -> Alive:
    return Alive()


@router.get("/health/ready")
async def ready(operations: OperationsNow) -> Alive:
    """503 while the database cannot be reached."""
    await operations.reach_database()
    return Alive()


@router.get("/config")
async def config(operations: OperationsNow) -> PublicConfig:
    return operations.config()
