"""What the service says about itself."""

from __future__ import annotations

from typing import Literal

from app_service.notary import NotaryState
from shared.schemas.base import Base64Bytes, Wire
from shared.schemas.quantum import PoolState


class Alive(Wire):
    status: Literal["ok"] = "ok"


class DatabaseHealth(Wire):
    """`read_only`: what is there can be read, and nothing new is kept (full, or locked by somebody else)."""

    status: Literal["ok", "read_only", "unavailable"]
    kind: Literal["sqlite", "postgresql"]


class QuantumServiceHealth(Wire):
    """As last seen; `url_set`: whether its address was configured or is the default."""

    status: Literal["ok", "degraded", "unavailable"]
    providers: dict[str, str] | None
    entropy: PoolState | None
    url_set: bool


class Health(Wire):
    status: Literal["ok", "degraded"]
    version: str
    database: DatabaseHealth
    quantum_service: QuantumServiceHealth
    notary: NotaryState


class PublicNotaryKey(Wire):
    number: int
    public_key: Base64Bytes
    suite: str


class NotaryKeys(Wire):
    establish: PublicNotaryKey | None
    receipt: PublicNotaryKey | None


class Limits(Wire):
    """Sizes in bytes, counts in items."""

    message_bytes: int
    frame_bytes: int
    page_rows: int
    key_package_batch: int
    attachment_bytes: int
    attachment_chunk_bytes: int


class PublicConfig(Wire):
    version: str
    environment: Literal["development", "production"]
    server_name: str
    suites: list[str]
    limits: Limits
    websocket: bool
    notary_keys: NotaryKeys
    quantum_service: Literal["ok", "unavailable"]


class About(Wire):
    name: str
    version: str
    docs: str
    health: str
