"""What happens once: migrations, the installation's name, the notary key; whatever number of processes start."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, select, text

from app_service import migrations
from app_service.db import Database, database_url
from app_service.migrations import migrate
from app_service.models import Model, NotaryKey, ServerSetting
from app_service.quantum_monitor import QuantumMonitor
from shared.schemas.quantum import QuantumHealth
from shared.settings import ConfigurationError
from tests.services import QuantumService, Service, StartService


async def empty(database: Database) -> None:
    async with database.write() as unit:
        connection = await unit.session.connection()
        await connection.run_sync(lambda sync: Model.metadata.drop_all(sync))
        await connection.execute(text("DROP TABLE alembic_version"))


def _difference(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), Model.metadata))


async def test_the_migrations_make_exactly_the_models(fresh_database: str) -> None:
    database = Database(database_url(fresh_database))
    async with database.read() as session:
        connection = await session.connection()
        difference = await connection.run_sync(_difference)
    await database.dispose()

    assert difference == []


async def test_many_processes_migrate_once(fresh_database: str) -> None:
    databases = [Database(database_url(fresh_database)) for _ in range(4)]
    newest = max(file.name[:4] for file in (Path(migrations.__file__).parent / "versions").glob("0*.py"))
    await empty(databases[0])

    await asyncio.gather(*(migrate(database) for database in databases))

    async with databases[0].read() as session:
        assert list(await session.scalars(text("SELECT version_num FROM alembic_version"))) == [newest]
    for database in databases:
        await database.dispose()


async def test_a_migration_that_fails_leaves_the_old_schema(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(database_url(fresh_database))
    await empty(database)
    from alembic import op

    create_index = op.create_index

    def fail_on_sessions(name: str, table: str, *rest: object, **options: object) -> None:
        if table == "sessions":
            raise RuntimeError("power cut")
        create_index(name, table, *rest, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(op, "create_index", fail_on_sessions)
        with pytest.raises(RuntimeError):
            await migrate(database)
    await migrate(database)

    async with database.read() as session:
        connection = await session.connection()
        assert await connection.run_sync(_difference) == []
    await database.dispose()


async def test_a_database_of_a_newer_version_stops_the_start_and_stays_as_it_is(fresh_database: str) -> None:
    database = Database(database_url(fresh_database))
    async with database.write() as unit:
        await unit.session.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(ConfigurationError, match=r"newer QuantumChat .* 9999"):
        await migrate(database)

    async with database.read() as session:
        assert list(await session.scalars(text("SELECT version_num FROM alembic_version"))) == ["9999"]
    await database.dispose()


@pytest.mark.parametrize("fresh_database", ["postgresql"], indirect=True)
async def test_a_postgresql_that_was_set_up_without_a_locale_will_do(fresh_database: str) -> None:
    url = database_url(fresh_database)
    name = f"{url.database}_ascii"
    with psycopg.connect(fresh_database, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'")
        database = Database(url.set(database=name))
        await migrate(database)
        async with database.write() as unit:
            unit.session.add(ServerSetting(name="tried_at", value="Zoë"))
        async with database.read() as session:
            assert await session.scalar(select(ServerSetting.value)) == "Zoë"
        await database.dispose()
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize("fresh_database", ["sqlite"], indirect=True)
async def test_the_database_is_for_its_owner_only(start: StartService, tmp_path: Path) -> None:
    data = tmp_path / "new" / "data"
    service = await start(data_dir=data, database_url=None)
    await service.person("alice")

    files = sorted(data.glob("quantumchat.db*"))
    assert {file.name for file in files} == {"quantumchat.db", "quantumchat.db-shm", "quantumchat.db-wal"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


async def test_p2_1_another_server_name_stops_the_start(start: StartService) -> None:
    first = await start(server_name="chat.example.org")
    assert (await first.anonymous().get("/api/config"))["server_name"] == "chat.example.org"
    await start()

    with pytest.raises(ConfigurationError, match=r"chat\.example\.org"):
        await start(server_name="other.example.org")


async def test_p11_2_two_processes_make_one_notary_key(start: StartService) -> None:
    one, two = await asyncio.gather(start(), start())

    keys = [(await service.anonymous().get("/api/config"))["notary_keys"] for service in (one, two)]

    assert keys[0] == keys[1]
    assert sorted(row.purpose for row in await one.rows(select(NotaryKey))) == ["establish", "receipt"]


async def test_p11_2_the_key_is_made_when_quantum_service_comes(start: StartService, quantum: QuantumService) -> None:
    quantum.away = True
    service = await start()
    nobody = service.anonymous()
    assert (await nobody.get("/api/health"))["notary"] == "pending"
    assert (await nobody.get("/api/config"))["notary_keys"] == {"establish": None, "receipt": None}

    quantum.away = False
    await service.app.state.monitor.check()

    assert (await nobody.get("/api/health"))["notary"] == "ready"


async def test_p11_2_another_master_key_is_named_and_makes_no_new_key(start: StartService) -> None:
    service = await start()
    before = await service.rows(select(NotaryKey))
    health: QuantumHealth = service.app.state.monitor.health

    await service.app.state.notaries.follow(health.model_copy(update={"master_key_id": "00" * 8}))

    assert (await service.anonymous().get("/api/health"))["notary"] == "notary_unavailable"
    assert [row.public_key for row in await service.rows(select(NotaryKey))] == [row.public_key for row in before]
    assert (await service.anonymous().get("/api/config"))["notary_keys"]["establish"] is not None
    await service.app.state.notaries.follow(health)
    assert (await service.anonymous().get("/api/health"))["notary"] == "ready"


async def test_changes_of_quantum_service_are_told_once(service: Service) -> None:
    monitor: QuantumMonitor = service.app.state.monitor
    heard: list[bool] = []
    monitor.on_change(heard.append)

    for away in (True, True, False, False, True):
        service.quantum.away = away
        await monitor.check()

    assert heard == [False, True, False]


async def test_a_failed_call_counts_at_once(service: Service) -> None:
    alice = await service.bound("alice")
    heard: list[bool] = []
    service.app.state.monitor.on_change(heard.append)
    service.quantum.away = True
    body = alice.identity.challenge_answer(alice.device, await alice.challenge())

    response = await alice.call("POST", f"/api/devices/{alice.device.id}/bind", body)

    assert response.status_code == 503
    assert heard == [False]
    assert (await service.anonymous().get("/api/config"))["quantum_service"] == "unavailable"


async def test_a_wrong_api_key_is_not_available(start: StartService) -> None:
    from pydantic import SecretStr

    service = await start(quantum_api_key=SecretStr("another key that quantum_service does not know"), waits=False)

    await service.app.state.monitor.check()

    assert (await service.anonymous().get("/api/health"))["quantum_service"]["status"] == "unavailable"


async def test_request_ids_travel(service: Service) -> None:
    alice = await service.bound("alice")
    body = alice.identity.challenge_answer(alice.device, await alice.challenge())

    await alice.ok("POST", f"/api/devices/{alice.device.id}/bind", body, headers={"X-Request-ID": "a-request-of-mine"})

    assert "a-request-of-mine" in service.quantum.request_ids
