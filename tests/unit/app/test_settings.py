from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from app_service.settings import Settings, load_secrets, load_settings
from shared.settings import ConfigurationError, new_secret
from tests.processes import PATIENCE

STRONG: dict[str, Any] = {"jwt_secret": SecretStr(new_secret()), "quantum_api_key": SecretStr(new_secret())}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JWT_SECRET", "SECRET_KEY", "DATABASE_URL", "ALLOWED_ORIGINS", "QUANTUM_API_URL", "AZURE_ENV"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        ("sqlite:////tmp/x.db", "sqlite+aiosqlite:////tmp/x.db"),
        ("sqlite:///x.db", "sqlite+aiosqlite:///x.db"),
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql://u:p@h:5/d?sslmode=require", "postgresql+psycopg://u:p@h:5/d?sslmode=require"),
    ],
)
def test_database_urls_as_people_write_them(monkeypatch: pytest.MonkeyPatch, written: str, understood: str) -> None:
    monkeypatch.setenv("DATABASE_URL", written)

    assert load_settings().database.render_as_string(hide_password=False) == understood


def test_without_one_the_database_is_a_file_in_the_data_folder(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path).database.database == str(tmp_path / "quantumchat.db")


def test_aliases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "from the alias")
    monkeypatch.setenv("QUANTUM_SERVICE_URL", "http://quantum:9/")
    monkeypatch.setenv("ALLOWED_ORIGINS", "https://a.example, https://b.example/")
    monkeypatch.setenv("LOG_LEVEL", "warning")

    settings = load_settings()

    assert settings.jwt_secret == SecretStr("from the alias")
    assert settings.quantum_url == "http://quantum:9"
    assert settings.log_level == "WARNING"
    assert settings.origins == ("https://a.example", "https://b.example")


def test_production_names_everything_that_is_missing_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_ENV", "production")
    monkeypatch.setenv("JWT_SECRET", "short")
    monkeypatch.setenv("ALLOWED_ORIGINS", "*")
    monkeypatch.setenv("DATABASE_URL", "mysql://somewhere")

    with pytest.raises(ConfigurationError) as refusal:
        load_secrets(load_settings())

    for part in ("JWT_SECRET is weak", "QUANTUM_API_KEY is missing", "ALLOWED_ORIGINS=*", "DATABASE_URL"):
        assert part in str(refusal.value)
    assert "short" not in str(refusal.value)


@pytest.mark.parametrize("secret", ["", "x" * 64, "abcdef" * 8])
def test_production_refuses_patterns(secret: str) -> None:
    settings = Settings(azure_env="production", **STRONG | {"jwt_secret": SecretStr(secret)})

    with pytest.raises(ConfigurationError):
        load_secrets(settings)


@pytest.mark.parametrize("origin", ["chat.example.org", "https://chat.example.org/path", "ftp://x", "https://"])
def test_origins_are_origins(origin: str) -> None:
    with pytest.raises(ConfigurationError, match="ALLOWED_ORIGINS"):
        load_secrets(Settings(allowed_origins=(origin,), **STRONG))


@pytest.mark.parametrize("proxies", ["", "127.0.0.1", " 10.0.0.1, 169.254.0.0/16", "::1,2001:db8::/32"])
def test_proxies_are_addresses_or_networks(proxies: str) -> None:
    load_secrets(Settings(azure_env="production", forwarded_allow_ips=proxies, **STRONG))


@pytest.mark.parametrize(
    "proxies", ["proxy.example", "10.0.0.1/8", "127.0.0.1:8000", "*", "127.0.0.1, 0.0.0.0/0", "::/0"]
)
def test_production_refuses_proxies_that_are_names_or_everybody(proxies: str) -> None:
    with pytest.raises(ConfigurationError, match="FORWARDED_ALLOW_IPS"):
        load_secrets(Settings(azure_env="production", forwarded_allow_ips=proxies, **STRONG))


def test_malformed_variables_are_named_without_their_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "hunter2")
    monkeypatch.setenv("RATE_LIMIT_LOGIN", "often")
    monkeypatch.setenv("LOG_LEVEL", "loud")

    with pytest.raises(ConfigurationError) as refusal:
        load_settings()

    assert "PORT" in str(refusal.value)
    assert "LOG_LEVEL" in str(refusal.value)
    assert "RATE_LIMIT_LOGIN" in str(refusal.value)
    assert "hunter2" not in str(refusal.value)


def test_development_makes_its_secrets_once_for_the_owner_only(tmp_path: Path) -> None:
    program = (
        "from app_service.settings import *; import sys, pathlib; "
        "s = load_secrets(Settings(data_dir=pathlib.Path(sys.argv[1]))); print(s.jwt, s.quantum_api_key)"
    )
    folder = tmp_path / "data"
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    outputs = {process.communicate(timeout=PATIENCE)[0] for process in running}

    assert len(outputs) == 1
    assert outputs != {""}
    assert stat.S_IMODE((folder / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_secrets_do_not_print(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database_url=SecretStr("postgresql://u:hunter2@h/d"), **STRONG)

    assert "hunter2" not in repr(settings)
    assert STRONG["jwt_secret"].get_secret_value() not in repr(settings) + repr(load_secrets(settings))
