"""What Prometheus sees of the service: counts, sizes and states; never a key, a draw or an id."""

from __future__ import annotations

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
            "quantum_entropy_blocks_total", "Raw blocks of the entropy source", ("outcome",), registry=registry
        )

    def block(self, outcome: Outcome) -> None:
        self._blocks.labels(outcome).inc()

    def watch(self, pool: EntropyPool, workers: Workers) -> None:
        """Read the gauges from the pool and the workers whenever Prometheus asks."""
        self._gauge("quantum_entropy_pool_bits", "Conditioned bits that wait").set_function(
            lambda: pool.state().filled_bits
        )
        self._gauge("quantum_entropy_os_only", "1 while draws have no quantum part").set_function(
            lambda: pool.mode == "os-only"
        )
        self._gauge("quantum_entropy_alarms", "Health alarms since the start").set_function(lambda: pool.alarms)
        self._gauge("quantum_workers_taken", "Jobs that run or wait").set_function(lambda: workers.taken)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, registry=self._registry)
