"""Requests made of each service's own OpenAPI document, good and bad ones: no 500, and answers of the promised shape.

`SCHEMA_EXAMPLES` is the number of requests of each kind for each operation, `SCHEMA_SEED` chooses them.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Final

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import response_schema_conformance

from shared.settings import new_secret
from tests.factories import Browser
from tests.figures import tried
from tests.processes import PATIENCE, House, house

EXAMPLES: Final = int(os.environ.get("SCHEMA_EXAMPLES", "6"))
SEED: Final = int(os.environ.get("SCHEMA_SEED", "3"))
OPERATOR_KEY: Final = new_secret()
_LIMITS: Final = ("LOGIN", "REGISTER", "REQUESTS", "CALLS", "MESSAGES", "UPLOADS")
_NUMBERS: Final = count()

Token = Callable[[], str]


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    limits = {f"RATE_LIMIT_{name}": "1000000/minute" for name in _LIMITS}
    with house(tmp_path_factory.mktemp("schemas") / "house", **limits, QUANTUM_OPERATOR_KEY=OPERATOR_KEY) as started:
        yield started


def test_no_input_crashes_app_service(services: House) -> None:
    tokens = _Tokens(services.app.url)
    _try_all("app_service", services.app.url, tokens.current)


def test_no_input_crashes_quantum_service(services: House) -> None:
    _try_all("quantum_service", services.quantum.url, lambda: OPERATOR_KEY)


class _Tokens:
    """Access tokens of a device; of another person's when a call has signed the last one out or revoked it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._token = "none"

    def current(self) -> str:
        headers = {"Authorization": f"Bearer {self._token}"}
        if httpx.get(f"{self._url}/api/devices/key-packages", headers=headers, trust_env=False).status_code != 200:
            self._token = asyncio.run(self._new())
        return self._token

    async def _new(self) -> str:
        async with httpx.AsyncClient(base_url=self._url, trust_env=False, timeout=PATIENCE) as client:
            person = Browser(client, f"person{next(_NUMBERS)}")
            await person.register()
            await person.add_device()
        assert person.token is not None
        return person.token


def _try_all(name: str, url: str, token: Token) -> None:
    print(f"SCHEMA_SEED={SEED} SCHEMA_EXAMPLES={EXAMPLES}")
    document = httpx.get(f"{url}/openapi.json", trust_env=False, timeout=PATIENCE).json()
    with requests.Session() as session:
        session.trust_env = False
        for found in schemathesis.openapi.from_dict(document).get_all_operations():
            operation = found.ok()  # type: ignore[union-attr]  # of an unreadable one there is none: this raises
            tried(f"schemathesis on {name}", "operations", "requests", _try(operation, url, session, token()))


def _away(answer: Any) -> bool:
    """What the request itself required, and no machine of a test has."""
    return bool(answer.status_code == 503 and answer.json()["error"]["code"] == "hardware_entropy_unavailable")


def _try(operation: Any, url: str, session: requests.Session, token: str) -> int:
    """Good requests and bad ones, and how many; the first failure is made small and names its seed."""
    made = count()

    def check(case: Any) -> None:
        next(made)
        answer = case.call(
            base_url=url, session=session, headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE
        )
        words = f"{operation.label}: {answer.status_code} {answer.text[:500]}"
        assert answer.status_code < 500 or _away(answer), words
        if str(answer.status_code) in operation.definition.raw["responses"]:
            case.validate_response(answer, checks=[response_schema_conformance])
        if answer.status_code >= 400:
            assert set(answer.json()["error"]) == {"code", "message", "details", "request_id"}, words

    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        runs = settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        try:
            seed(SEED)(runs(given(case=operation.as_strategy(generation_mode=mode))(check)))()
        except Unsatisfiable:
            # What takes no input has none that is bad.
            assert mode is GenerationMode.NEGATIVE, operation.label
    return next(made)
