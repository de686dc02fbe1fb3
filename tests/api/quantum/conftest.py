from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from quantum_service.entropy.sources.os import OsSource
from quantum_service.main import create_app
from quantum_service.settings import QuantumSettings
from shared.encoding import to_base64url

API_KEY: Final = "key-of-app-service"
OPERATOR_KEY: Final = "key-of-the-operator"
MASTER_KEY: Final = to_base64url(bytes(range(32)))


@dataclass(frozen=True)
class Caller:
    """One way to come to the service."""

    http: httpx.AsyncClient
    key: str | None

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        if self.key is not None:
            headers["Authorization"] = f"Bearer {self.key}"
        return await self.http.request(method, path, json=body, headers=headers)

    async def post(self, call: str, body: Any) -> httpx.Response:
        return await self.call("POST", f"/api/quantum/{call}", body)

    async def ok(self, call: str, body: Any) -> Any:
        response = await self.post(call, body)
        assert response.status_code == 200, response.text
        return response.json()


def settings(data_dir: Path, **changes: Any) -> QuantumSettings:
    values: dict[str, Any] = {
        "data_dir": data_dir,
        "quantum_api_key": SecretStr(API_KEY),
        "quantum_operator_key": SecretStr(OPERATOR_KEY),
        "quantum_master_key": SecretStr(MASTER_KEY),
        "quantum_entropy_source": "os",
        "quantum_threads": 2,
    }
    return QuantumSettings(**values | changes)


@pytest.fixture(scope="session")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    app = create_app(settings(tmp_path_factory.mktemp("quantum")), sources=[OsSource()])
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture(scope="session")
async def http(service: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=service)
    async with httpx.AsyncClient(transport=transport, base_url="http://quantum") as client:
        yield client


@pytest.fixture(scope="session")
def app_service(http: httpx.AsyncClient) -> Caller:
    return Caller(http, API_KEY)


@pytest.fixture(scope="session")
def operator(http: httpx.AsyncClient) -> Caller:
    return Caller(http, OPERATOR_KEY)


@pytest.fixture(scope="session")
def anonymous(http: httpx.AsyncClient) -> Caller:
    return Caller(http, None)


@pytest.fixture(scope="session")
async def notary(app_service: Caller) -> dict[str, str]:
    """A key pair of usage `sign:establish`, as app_service makes it once."""
    pair: dict[str, str] = await app_service.ok("keygen", {"algorithm": "hybrid", "usage": "sign:establish"})
    return pair
