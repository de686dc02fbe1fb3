"""`uvicorn quantum_service.main:app`: settings, self-tests, lifespan, routes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from quantum_service import VERSION
from quantum_service.access import Keys
from quantum_service.entropy.filler import PoolFiller
from quantum_service.entropy.pool import EntropyPool
from quantum_service.entropy.sources import EntropySource
from quantum_service.metrics import Metrics
from quantum_service.operations import Operations
from quantum_service.primitives.providers import installed
from quantum_service.qkd.routes import router as qkd_routes
from quantum_service.qkd.runs import Runs
from quantum_service.routes import Desk, api_routes, open_routes, operator_routes
from quantum_service.self_tests import run_self_tests
from quantum_service.settings import QuantumSettings, load_secrets
from quantum_service.sources import configured_sources
from shared.body_limit import BodyLimit
from shared.http import dress
from shared.logging import configure_logging, get_logger
from shared.workers import Workers

log = get_logger("quantum_service")

_Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(settings: QuantumSettings | None = None, *, sources: Sequence[EntropySource] | None = None) -> FastAPI:
    """The service; settings come from the environment at start unless given, `sources` replaces the configured ones."""
    registry = CollectorRegistry()
    app = FastAPI(
        title="QuantumChat quantum_service",
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(settings, sources, Metrics(registry)),
    )
    app.add_middleware(BodyLimit)
    dress(app, registry)
    for router in (open_routes, api_routes, operator_routes, qkd_routes):
        app.include_router(router)
    return app


def _lifespan(given: QuantumSettings | None, sources: Sequence[EntropySource] | None, metrics: Metrics) -> _Lifespan:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        settings = given or QuantumSettings()
        configure_logging(level=settings.log_level, as_json=settings.log_format == "json")
        secrets = load_secrets(settings)
        run_self_tests(installed())
        pool = EntropyPool(sources or configured_sources(settings))
        workers = Workers(settings.quantum_threads, settings.quantum_queue)
        filler = PoolFiller(pool, report=metrics.block)
        metrics.watch(pool, workers)
        app.state.keys = Keys(secrets.api_key, secrets.operator_key)
        app.state.bb84 = Runs(settings.quantum_bb84_runs)
        app.state.desk = Desk(Operations(secrets.master_key, pool), workers, metrics)
        filler.start()
        log.info("started", providers=installed().names(), sources=[stock.source.name for stock in pool.stocks])
        try:
            yield
        finally:
            await filler.stop()
            await workers.close()

    return lifespan


app = create_app()
