"""Settings that both services share, and the secrets that development makes for itself.

In production every secret must be given and strong; everything missing is named at once. In development
whichever process starts first makes them, once and race-free, in a file that only the owner can read.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT: Final = Path(__file__).resolve().parent.parent
GENERATED: Final = ("JWT_SECRET", "QUANTUM_API_KEY", "QUANTUM_OPERATOR_KEY", "QUANTUM_MASTER_KEY")
MIN_SECRET_BYTES: Final = 32
_SECRET_ENTROPY_BYTES: Final = 32


LogLevel = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
    BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value),
]


class ConfigurationError(RuntimeError):
    """The service cannot start as configured; the text names everything that is wrong and how to mend it."""


class CommonSettings(BaseSettings):
    """What both services read from the environment (DESIGN: names people already know)."""

    model_config = SettingsConfigDict(env_file=None, extra="ignore", populate_by_name=True)

    azure_env: Literal["development", "production"] = "development"
    data_dir: Path = PROJECT_ROOT / "data"
    log_level: LogLevel = "INFO"
    log_format: Literal["json", "text"] = "json"
    host: str = "127.0.0.1"
    quantum_port: int = 8001
    quantum_api_key: SecretStr | None = None

    @property
    def production(self) -> bool:
        return self.azure_env == "production"


class GeneratedSecrets(BaseModel):
    """The secrets of one development installation."""

    JWT_SECRET: SecretStr
    QUANTUM_API_KEY: SecretStr
    QUANTUM_OPERATOR_KEY: SecretStr
    QUANTUM_MASTER_KEY: SecretStr


def development_secrets(data_dir: Path) -> GeneratedSecrets:
    """Read `data_dir/secrets.json`, making it first when it is missing.

    Two processes may start at once: the file is written under an exclusive lock and moved into place whole.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = data_dir / "secrets.json"
    with (data_dir / "secrets.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            _write_secrets(target)
    return GeneratedSecrets.model_validate_json(target.read_text())


def _write_secrets(target: Path) -> None:
    write_private(target, json.dumps({name: new_secret() for name in GENERATED}, indent=1))


def write_private(target: Path, text: str) -> None:
    """A file that only its owner may read, moved into place whole and on disk; `OSError`."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = target.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(target)


def new_secret() -> str:
    """32 random bytes as base64url text without padding."""
    return base64.urlsafe_b64encode(secrets.token_bytes(_SECRET_ENTROPY_BYTES)).rstrip(b"=").decode()


def secret_problem(name: str, value: SecretStr | None) -> str | None:
    """Why `value` will not do as a production secret, or None."""
    if value is None or not value.get_secret_value():
        return f"{name} is missing"
    text = value.get_secret_value()
    if len(text) < MIN_SECRET_BYTES or len(set(text)) < 12:  # fewer distinct characters mean a pattern
        return f"{name} is weak: give at least {MIN_SECRET_BYTES} random characters"
    return None


def refuse(problems: list[str]) -> None:
    """Raise `ConfigurationError` naming all problems, if there are any."""
    if problems:
        advice = 'Make a secret with: python3 -c "import secrets; print(secrets.token_urlsafe(32))"'
        raise ConfigurationError("Cannot start: " + "; ".join(problems) + ". " + advice)
