"""What holds for the routes of both services."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant

from app_service.main import create_app
from quantum_service.main import create_app as create_quantum_app


def _calls(dependant: Dependant) -> Iterator[Any]:
    yield dependant.call
    for each in dependant.dependencies:
        yield from _calls(each)


def _dependants(app: FastAPI) -> Iterator[Dependant]:
    for router in (app.router, *(getattr(route, "original_router", None) for route in app.routes)):
        for route in router.routes if router is not None else ():
            if isinstance(found := getattr(route, "dependant", None), Dependant):
                yield found


@pytest.mark.parametrize("create", [create_app, create_quantum_app])
def test_no_route_costs_a_change_of_threads(create: Any) -> None:
    """FastAPI runs what is not a coroutine on a thread, which costs several times what it does."""
    calls = [call for dependant in _dependants(create()) for call in _calls(dependant)]
    assert len(calls) > 20
    assert {getattr(call, "__qualname__", call) for call in calls if not _is_async(call)} == set()


def _is_async(call: Any) -> bool:
    called = call if inspect.isroutine(call) else type(call).__call__
    return inspect.iscoroutinefunction(called) or inspect.isasyncgenfunction(called)
