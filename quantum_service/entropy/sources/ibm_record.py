"""What must outlive the process about IBM's machines: the day's seconds, the job on its way, and biased qubits.

Promises: a file that only its owner may read, replaced whole, without token or instance; what is missing or not
readable is as if nothing had been. Does not: speak for other processes: each has its own file, day and job.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pydantic import BaseModel, ValidationError

from shared.logging import get_logger
from shared.settings import write_private

log = get_logger("ibm")


class Pending(BaseModel, frozen=True):
    """A job that was handed in; `unfit` were left out by the error of measurement that the machine reports."""

    job_id: str
    backend: str
    qubits: tuple[int, ...]
    unfit: tuple[int, ...]


class Remembered(BaseModel):
    day: date | None = None
    used_seconds: float = 0.0
    """On that day (UTC)."""
    pending: Pending | None = None
    biased: dict[str, list[int]] = {}
    """Numbers of qubits, by machine."""


class Record:
    """Without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def load(self) -> Remembered:
        if self._path is None or not self._path.exists():
            return Remembered()
        try:
            return Remembered.model_validate_json(self._path.read_bytes())
        except (OSError, ValidationError) as error:
            log.warning("ibm_record_unreadable", kind=type(error).__name__)
            return Remembered()

    def keep(self, remembered: Remembered) -> None:
        """A full or read-only disk takes nothing away from what is done now."""
        if self._path is None:
            return
        try:
            write_private(self._path, remembered.model_dump_json())
        except OSError as error:
            log.warning("ibm_record_not_kept", kind=type(error).__name__)
