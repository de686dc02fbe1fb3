"""`establish` of quantum_service beside the same work in process, with each provider that is there."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import orjson

from quantum_service.primitives.providers.liboqs import library_found
from shared.settings import PROJECT_ROOT
from tests.bench.in_process import request
from tests.bench.meter import Meter
from tests.bench.options import Options
from tests.bench.quantum import QuantumService, quantum_service
from tests.bench.report import milliseconds, percentile, progress, short, table

RECIPIENTS: Final = (4, 100)
"""Two people with two devices each, and a room."""
_PATH: Final = "/api/quantum/"
_WITHOUT: Final = {"OQS_INSTALL_PATH": "/nonexistent"}


def contributions(options: Options) -> Iterator[str]:
    rounds = 50 if options.quick else 400
    environments = [_WITHOUT, {}] if library_found() else [{}]
    rows = []
    for changes in environments:
        with (
            tempfile.TemporaryDirectory(prefix="quantumchat-bench-") as name,
            quantum_service(Path(name), QUANTUM_ENTROPY_SOURCE="os", **changes) as service,
        ):
            provider = service.health()["providers"]["Falcon-512"]
            for recipients in RECIPIENTS:
                progress(f"establish for {recipients} devices with {provider}")
                rows.append([provider, str(recipients), *_row(service, recipients, rounds, changes)])
    rows.append(["target, with liboqs", "4", "10", "", "", "", "", "", ""])
    head = ["Falcon-512 by", "devices", "over HTTP: p50 / p99 ms", "CPU ms per call", "in process: p50 / p99 ms"]
    head += ["HTTP ÷ in process", "of which sign: p50 ms", "encapsulate once", "draw"]
    yield table(head, rows)
    if len(environments) == 1:
        yield "liboqs was not found (`OQS_INSTALL_PATH`), so it is left out.\n"


def _row(service: QuantumService, recipients: int, rounds: int, changes: dict[str, str]) -> list[str]:
    times, cpu = asyncio.run(establish_over_http(service, recipients, rounds))
    command = [sys.executable, "-m", "tests.bench.in_process", str(recipients), str(rounds)]
    run = subprocess.run(command, cwd=PROJECT_ROOT, env=os.environ | changes, capture_output=True, check=True)
    alone: dict[str, list[float]] = json.loads(run.stdout)
    both = f"{percentile(times, 50) / percentile(alone['establish'], 50):.2f}"
    parts = [milliseconds(alone[name], 50) for name in ("sign", "encapsulate", "draw")]
    return [milliseconds(times, 50, 99), short(cpu * 1000), milliseconds(alone["establish"], 50, 99), both, *parts]


async def establish_over_http(service: QuantumService, recipients: int, rounds: int) -> tuple[list[float], float]:
    """Seconds of each call, one after the other, and CPU seconds per call."""
    connection = await service.connect()
    wanted = orjson.dumps({"algorithm": "hybrid", "usage": "sign:establish"})
    notary = orjson.loads(await connection.ask("POST", _PATH + "keygen", wanted))
    body = orjson.dumps(request(recipients, notary["public_key"], notary["wrapped_private_key"]))
    for _ in range(10):
        await connection.ask("POST", _PATH + "establish", body)
    connection.times.clear()
    meter = Meter([service.process.pid])
    for _ in range(rounds):
        await connection.ask("POST", _PATH + "establish", body)
    cpu = meter.read().cpu[0] / rounds
    connection.close()
    return connection.times, cpu
