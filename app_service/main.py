"""`uvicorn app_service.main:app`: settings, migrations, wiring, lifespan, routes."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from prometheus_client import CollectorRegistry
from starlette.datastructures import State

from app_service import VERSION
from app_service.accounts.access import Access
from app_service.accounts.gate import Gate
from app_service.accounts.passwords import Passwords
from app_service.accounts.service import AccountService
from app_service.accounts.sign_ins import SignIns
from app_service.accounts.tokens import Tokens
from app_service.aliases import Aliases
from app_service.api import ROUTERS
from app_service.attachments.schemas import CHUNK_BYTES
from app_service.connections.service import ConnectionService
from app_service.conversations.entries import MAX_MESSAGE_BYTES
from app_service.conversations.routes import MAX_PAGE
from app_service.credentials.service import CredentialService
from app_service.db import Database, make_private
from app_service.directory.schemas import MAX_KEY_PACKAGES
from app_service.directory.service import DirectoryService
from app_service.installation import load_installation
from app_service.migrations import migrate
from app_service.notary import Notaries, NotaryKeeper
from app_service.operations.schemas import Limits
from app_service.operations.service import Operations
from app_service.operations.web_client import WebClient
from app_service.quantum_client import QuantumClient
from app_service.quantum_monitor import QuantumMonitor
from app_service.rate_limits import RateLimits
from app_service.realtime.events import Events
from app_service.settings import Secrets, Settings, database_file, load_secrets, load_settings
from app_service.socket.routes import SocketRoute
from app_service.socket.socket import MAX_FRAME_CHARACTERS
from app_service.socket.wiring import open_conversations
from app_service.vault.service import VaultService
from shared.body_limit import BodyLimit
from shared.http import dress
from shared.logging import configure_logging, get_logger

log = get_logger("app_service")

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


@dataclass(frozen=True)
class Seams:
    """What tests put in place of the world; the product leaves all of it alone."""

    quantum_transport: httpx.AsyncBaseTransport | None = None
    unsafe_bcrypt_rounds: int | None = None


def create_app(settings: Settings | None = None, *, seams: Seams | None = None) -> FastAPI:
    """The service; settings come from the environment at start unless given."""
    settings = settings or load_settings()
    registry = CollectorRegistry()
    app = FastAPI(
        title="QuantumChat",
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(settings, seams or Seams()),
    )
    app.add_middleware(SocketRoute)
    app.add_middleware(BodyLimit)
    app.add_middleware(Gate)
    app.add_middleware(Aliases)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=[
                "Authorization",
                "Content-Digest",
                "Content-Type",
                "If-Match",
                "If-None-Match",
                "X-QuantumChat",
            ],
            expose_headers=["ETag", "Retry-After", "X-Request-ID"],
            # Pages of other origins bring their tokens along; the cookie is for the own page alone (P2.7).
            allow_credentials=False,
        )
    app.state.registry = registry
    dress(app, registry)
    for router in ROUTERS:
        app.include_router(router)
    app.router.default = WebClient()
    return app


def _lifespan(settings: Settings, seams: Seams) -> Lifespan:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        configure_logging(level=settings.log_level, as_json=settings.log_format == "json")
        secrets = load_secrets(settings)
        async with AsyncExitStack() as stack:
            await _open_core(app.state, settings, secrets, seams, stack)
            _open_accounts(app.state, settings, secrets, seams, stack)
            open_conversations(app.state, stack)
            monitor: QuantumMonitor = app.state.monitor
            monitor.start()
            stack.push_async_callback(monitor.stop)
            log.info("started", version=VERSION, database=app.state.database.url.get_backend_name())
            yield

    return lifespan


async def _open_core(state: State, settings: Settings, secrets: Secrets, seams: Seams, stack: AsyncExitStack) -> None:
    """What all nouns stand on, one of each per process; `stack` closes it in the opposite order."""
    database = await _open_database(settings, stack)
    installation = await load_installation(database, settings.server_name)
    quantum = QuantumClient(settings.quantum_url, secrets.quantum_api_key, transport=seams.quantum_transport)
    await stack.enter_async_context(quantum)
    notaries = Notaries(NotaryKeeper(database, quantum, "establish"), NotaryKeeper(database, quantum, "receipt"))
    await notaries.load()
    monitor = QuantumMonitor(quantum)
    monitor.on_health(notaries.follow)
    state.settings, state.database, state.installation, state.events = settings, database, installation, Events()
    state.quantum, state.notaries, state.monitor = quantum, notaries, monitor
    state.operations = Operations(settings, database, installation, monitor, notaries, _limits(settings))


def _open_accounts(state: State, settings: Settings, secrets: Secrets, seams: Seams, stack: AsyncExitStack) -> None:
    """Accounts, and who stands directly on them."""
    database, installation, events = state.database, state.installation, state.events
    limits = RateLimits(settings)
    passwords = Passwords(installation.server_name, unsafe_bcrypt_rounds=seams.unsafe_bcrypt_rounds)
    stack.push_async_callback(passwords.close)
    tokens = Tokens(secrets.jwt, settings.access_lifetime)
    state.limits, state.access = limits, Access(tokens, database)
    sign_ins = SignIns(database, tokens, state.access, events)
    production = settings.production
    state.accounts = AccountService(database, installation, passwords, sign_ins, limits, production=production)
    state.vault = VaultService(state.accounts)
    state.credentials = CredentialService(state.accounts, tokens)
    state.directory = DirectoryService(database, state.quantum, installation, tokens, sign_ins, events)
    state.connections = ConnectionService(events)


def _limits(settings: Settings) -> Limits:
    return Limits(
        message_bytes=MAX_MESSAGE_BYTES,
        frame_bytes=MAX_FRAME_CHARACTERS,
        page_rows=MAX_PAGE,
        key_package_batch=MAX_KEY_PACKAGES,
        attachment_bytes=settings.attachment_max_bytes,
        attachment_chunk_bytes=CHUNK_BYTES,
    )


async def _open_database(settings: Settings, stack: AsyncExitStack) -> Database:
    url = settings.database
    file = database_file(url)
    if file is not None:
        make_private(file)
    database = Database(url)
    stack.push_async_callback(database.dispose)
    await migrate(database)
    return database


app = create_app()

# The collector stops everybody while it walks: what lives as long as the process is left out, the rest seen less often.
gc.freeze()
gc.set_threshold(20_000, 20, 20)
