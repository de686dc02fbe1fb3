"""The load generator, a process of its own: `python -m tests.bench.load PLAN.json RESULT.json`.

It holds all conversations (`conversation.py`), which send when `pace.py` says so, and measures (`meter.py`).
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson
import uvloop

from tests.bench.conversation import Conversation
from tests.bench.meter import Meter
from tests.bench.pace import ClosedLoop, OpenLoop
from tests.bench.world import Pair, Person

AT_LEAST: Final = 5
"""Messages of each pair within the measured time, however slow the machine is."""
DRAIN_SECONDS: Final = 20.0


@dataclass(frozen=True)
class Plan:
    port: int
    pairs: list[Pair]
    counted_pids: list[int]
    """The server's processes: their CPU is measured, with that of their children."""
    warm_up: float
    seconds: float
    rate: float | None = None
    """Messages per second of all pairs together, sent whether or not earlier ones were delivered; None: closed loop."""


@dataclass(frozen=True)
class Result:
    messages: int
    seconds: float
    cpu: list[float]
    """CPU seconds of each counted process with its children: the service, then its database."""
    own_cpu: float
    others_cpu: float
    """What the rest of the machine used meanwhile."""
    times: list[float]
    """Seconds from sending to acknowledged and seen, of the messages within the measured time."""
    ack_times: list[float]
    """Seconds from sending to acknowledged."""
    acknowledged: dict[str, list[tuple[str, int, str]]]
    """Client id, seq and chain value of everything that was ever acknowledged, by conversation."""


async def run(plan: Plan) -> Result:
    """Warm up, measure, and let what is on its way arrive, so that nothing is stored without an ack."""
    conversations = [await Conversation.open(plan.port, pair) for pair in plan.pairs]
    pace = ClosedLoop(conversations) if plan.rate is None else OpenLoop(conversations, plan.rate)
    pace.start()
    await _wait(conversations, plan.warm_up)
    for each in conversations:
        each.forget_times()
    print("measuring", flush=True)
    meter = Meter(plan.counted_pids)
    await _wait(conversations, plan.seconds)
    while any(len(each.times) < AT_LEAST for each in conversations):
        await _wait(conversations, 0.05)
    pace.stop()
    if plan.rate is not None:  # every message that was due counts, however late it is
        await _drain(conversations)
    reading = meter.read()
    times = sorted(value for each in conversations for value in each.times)
    ack_times = sorted(value for each in conversations for value in each.ack_times)
    await _drain(conversations)
    acknowledged = {each.id: each.acknowledged for each in conversations}
    return Result(len(times), **asdict(reading), times=times, ack_times=ack_times, acknowledged=acknowledged)


async def _wait(conversations: Iterable[Conversation], seconds: float) -> None:
    failed, _ = await asyncio.wait(
        [each.failed for each in conversations], timeout=seconds, return_when="FIRST_COMPLETED"
    )
    for each in failed:
        raise RuntimeError(each.result())


async def _drain(conversations: list[Conversation]) -> None:
    async with asyncio.timeout(DRAIN_SECONDS):
        for each in conversations:
            await each.until_idle()


def read_plan(path: Path) -> Plan:
    fields: dict[str, Any] = orjson.loads(path.read_bytes())
    pairs = [
        Pair(each["conversation_id"], Person(**each["sender"]), Person(**each["receiver"])) for each in fields["pairs"]
    ]
    return Plan(**{**fields, "pairs": pairs})


if __name__ == "__main__":
    plan_path, result_path = map(Path, sys.argv[1:])
    result_path.write_bytes(orjson.dumps(asdict(uvloop.run(run(read_plan(plan_path))))))
