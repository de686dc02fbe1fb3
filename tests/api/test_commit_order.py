"""The commit happens before the answer (STYLE habit 3): a failed one must never have said 200."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from starlette.types import Message, Receive, Scope, Send

from app_service.api import ROUTERS
from app_service.db import Unit
from app_service.models import Connection
from tests.services import Service


async def test_commit_then_hooks_then_response(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, _ = await service.person("alice"), await service.person("bob")
    order: list[str] = []
    commit, mine = Unit.commit, asyncio.current_task()

    async def watched_commit(self: Unit) -> None:
        if asyncio.current_task() is not mine:  # the background's
            return await commit(self)
        self.after_commit(lambda: order.append("hook"))
        await self.session.flush()
        await commit(self)
        return order.insert(order.index("hook"), "commit")

    monkeypatch.setattr(Unit, "commit", watched_commit)
    inner = service.app.middleware_stack
    assert inner is not None

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        async def watched_send(message: Message) -> None:
            order.append(message["type"])
            await send(message)

        await inner(scope, receive, watched_send)

    monkeypatch.setattr(service.app, "middleware_stack", outer)

    await alice.post("/api/connection/request", {"username": "bob"})

    assert order[:3] == ["commit", "hook", "http.response.start"]


async def test_a_failed_commit_is_no_success_and_leaves_nothing(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, _ = await service.person("alice"), await service.person("bob")
    hooks: list[str] = []

    async def failing_commit(self: Unit) -> None:
        self.after_commit(lambda: hooks.append("ran"))
        raise OperationalError("COMMIT", {}, Exception("disk full"))

    with monkeypatch.context() as patch:
        patch.setattr(Unit, "commit", failing_commit)
        response = await alice.call("POST", "/api/connection/request", {"username": "bob"})

    assert (response.status_code, response.json()["error"]["code"]) == (503, "database_unavailable")
    assert hooks == []
    assert await service.rows(select(Connection)) == []


def _dependants(dependant: Dependant) -> list[Dependant]:
    return [dependant, *(found for child in dependant.dependencies for found in _dependants(child))]


def test_every_unit_of_a_route_is_function_scoped() -> None:
    routes: list[Any] = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    units = [
        dependant
        for route in routes
        for dependant in _dependants(route.dependant)
        if getattr(dependant.call, "__name__", "") in {"unit_of_work", "read_only"}
    ]

    assert len(routes) > 20
    assert len(units) > 15
    assert {dependant.scope for dependant in units} == {"function"}
