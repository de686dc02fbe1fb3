"""What app_service reads from the environment, checked before anything starts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from limits import parse
from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import NoDecode
from sqlalchemy import URL

from app_service.db import database_url
from shared.settings import CommonSettings, ConfigurationError, development_secrets, refuse, secret_problem

REFRESH_LIFETIME: Final = timedelta(days=30)
_DEVELOPMENT_ORIGINS: Final = ("http://localhost:5173", "http://127.0.0.1:5173")


class Settings(CommonSettings):
    database_url: SecretStr | None = None
    jwt_secret: SecretStr | None = Field(None, validation_alias=AliasChoices("JWT_SECRET", "SECRET_KEY"))
    allowed_origins: Annotated[tuple[str, ...], NoDecode] | None = None
    quantum_api_url: str | None = Field(
        None, validation_alias=AliasChoices("QUANTUM_API_URL", "QUANTUM_SERVICE_URL"), pattern=r"^https?://[^/]+"
    )
    server_name: str | None = Field(None, pattern=r"^[A-Za-z0-9._-]{1,64}$")
    enable_websocket: bool = True
    token_expire_minutes: int = Field(15, ge=1, le=1440)
    port: int = 8000
    forwarded_allow_ips: str = "127.0.0.1"
    """uvicorn reads the same variable; here it is only checked."""
    rate_limit_login: str = "10/minute"
    rate_limit_register: str = "20/hour"
    rate_limit_requests: str = "30/minute"
    rate_limit_calls: str = "1200/minute"
    rate_limit_messages: str = "1200/minute"
    rate_limit_frames: str = "1000/second"
    rate_limit_uploads: str = "60/minute"
    attachment_store: str | None = Field(None, pattern=r"^(s3|az|azure|abfs|abfss|file)://.+")
    attachment_max_bytes: int = Field(256 << 20, ge=1 << 20, le=64 << 30)
    attachment_quota_bytes: int = Field(4 << 30, ge=1 << 20)

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _origins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())

    @field_validator(
        "rate_limit_login",
        "rate_limit_register",
        "rate_limit_requests",
        "rate_limit_calls",
        "rate_limit_messages",
        "rate_limit_frames",
        "rate_limit_uploads",
    )
    @classmethod
    def _limit(cls, value: str) -> str:
        parse(value)
        return value

    @property
    def origins(self) -> tuple[str, ...]:
        """Origins that may use cookies and sockets beside the service's own; development adds its client's server."""
        if self.allowed_origins is not None:
            return self.allowed_origins
        return () if self.production else _DEVELOPMENT_ORIGINS

    @property
    def quantum_url(self) -> str:
        return (self.quantum_api_url or f"http://127.0.0.1:{self.quantum_port}").rstrip("/")

    @property
    def database(self) -> URL:
        """`DATABASE_URL` with its async driver, else `quantumchat.db` in the data folder."""
        if self.database_url is None:
            return URL.create("sqlite+aiosqlite", database=str(self.data_dir / "quantumchat.db"))
        return database_url(self.database_url.get_secret_value())

    @property
    def access_lifetime(self) -> timedelta:
        return timedelta(minutes=self.token_expire_minutes)


@dataclass(frozen=True, repr=False)
class Secrets:
    jwt: str
    quantum_api_key: str


def load_settings() -> Settings:
    """From the environment; `ConfigurationError` names every variable that cannot be used, without its value."""
    try:
        return Settings()
    except ValidationError as error:
        refuse([f"{'.'.join(map(str, item['loc'])).upper()} cannot be used ({item['msg']})" for item in error.errors()])
        raise


def load_secrets(settings: Settings) -> Secrets:
    """The checked secrets; in production everything that is missing or weak is named at once."""
    given = {"JWT_SECRET": settings.jwt_secret, "QUANTUM_API_KEY": settings.quantum_api_key}
    problems = _problems(settings)
    if settings.production:
        problems += [problem for name, value in given.items() if (problem := secret_problem(name, value))]
    refuse(problems)
    if not all(given.values()):
        generated = development_secrets(settings.data_dir)
        given = {name: value or getattr(generated, name) for name, value in given.items()}
    text = {name: value.get_secret_value() for name, value in given.items() if value is not None}
    return Secrets(text["JWT_SECRET"], text["QUANTUM_API_KEY"])


def _problems(settings: Settings) -> list[str]:
    problems = []
    try:
        _ = settings.database
    except ValueError as error:
        problems.append(f"DATABASE_URL cannot be used ({error})")
    for origin in settings.origins:
        if origin == "*":
            if settings.production:
                problems.append("ALLOWED_ORIGINS=* lets every site act for your users: name the origins")
        elif not _is_origin(origin):
            problems.append("ALLOWED_ORIGINS must hold origins such as https://chat.example.org, separated by commas")
    return problems + _proxy_problems(settings)


def _proxy_problems(settings: Settings) -> list[str]:
    """uvicorn takes what is no address for a name, and then believes nobody, without a word."""
    problems = []
    for proxy in filter(None, (part.strip() for part in settings.forwarded_allow_ips.split(","))):
        try:
            everybody = proxy == "*" or ip_network(proxy).prefixlen == 0
        except ValueError:
            problems.append(
                "FORWARDED_ALLOW_IPS must hold addresses or networks such as 10.0.0.0/8, separated by commas"
            )
            continue
        if everybody and settings.production:
            problems.append(
                "FORWARDED_ALLOW_IPS lets everybody name the address that limits are counted for: name the proxy"
            )
    return problems


def _is_origin(text: str) -> bool:
    parts = urlsplit(text)
    return (
        parts.scheme in {"http", "https"} and bool(parts.netloc) and not (parts.path or parts.query or parts.fragment)
    )


def database_file(url: URL) -> Path | None:
    """The file behind an SQLite address."""
    if url.get_backend_name() != "sqlite":
        return None
    if not url.database:
        raise ConfigurationError("DATABASE_URL must name a file")
    return Path(url.database)
