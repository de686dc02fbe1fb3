"""What Prometheus sees of the service: counts, sizes and states; never a key, a draw or an id."""

from __future__ import annotations

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge

from quantum_service.entropy.filler import Outcome
from quantum_service.entropy.pool import EntropyPool
from shared.workers import Workers


class Metrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self.items = Counter("quantum_items_total", "Items handled, by call", ("call",), registry=registry)
        self.draws = Counter("quantum_draws_total", "Draws with a receipt, by pool mode", ("mode",), registry=registry)
        self._blocks = Counter(
            "quantum_entropy_blocks_total", "Raw blocks, by source", ("source", "outcome"), registry=registry
        )

    def block(self, source: str, outcome: Outcome) -> None:
        self._blocks.labels(source, outcome).inc()

    def watch(self, pool: EntropyPool, workers: Workers) -> None:
        """Read the gauges from the pool and the workers whenever Prometheus asks."""
        self._gauge("quantum_entropy_os_only", "1 while draws have no quantum part").set_function(
            lambda: pool.mode == "os-only"
        )
        self._gauge("quantum_workers_taken", "Jobs that run or wait").set_function(lambda: workers.taken)
        bits = self._gauge("quantum_entropy_pool_bits", "Conditioned bits that wait", "source")
        alarms = self._gauge("quantum_entropy_alarms", "Health alarms since the start", "source")
        alarmed = self._gauge("quantum_entropy_source_alarmed", "1 while a source is dropped", "source")
        credited = self._gauge(
            "quantum_entropy_credited_bits", "Credited bits since the start: in, out, dropped", "source", "direction"
        )
        for stock in pool.stocks:
            name = stock.source.name
            bits.labels(name).set_function(partial(getattr, stock, "filled_bits"))
            alarms.labels(name).set_function(partial(getattr, stock, "alarms"))
            alarmed.labels(name).set_function(partial(getattr, stock, "alarmed"))
            for direction in stock.account:
                credited.labels(name, direction).set_function(partial(stock.account.__getitem__, direction))

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, registry=self._registry)
