"""The files of deploy/ fit the project: nobody here can run a registry, so what can be held is held by reading them."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from pydantic import AliasChoices

from app_service.api import ROUTERS
from app_service.settings import Settings
from app_service.settings import load_secrets as load_app_secrets
from deploy.docker import make_secrets
from quantum_service.settings import QuantumSettings
from quantum_service.settings import load_secrets as load_quantum_secrets
from shared.settings import PROJECT_ROOT, CommonSettings

DOCKER: Final = PROJECT_ROOT / "deploy" / "docker"
DOCKERFILES: Final = sorted(DOCKER.glob("*.Dockerfile"))
COMPOSE: Final[dict[str, Any]] = yaml.safe_load((PROJECT_ROOT / "docker-compose.yml").read_text())
SERVICES: Final[dict[str, Any]] = COMPOSE["services"]
BICEP: Final = (PROJECT_ROOT / "deploy" / "azure" / "main.bicep").read_text()
SERVE: Final = (PROJECT_ROOT / "deploy" / "serve.sh").read_text()

NOT_OURS: Final = frozenset({"SCM_DO_BUILD_DURING_DEPLOYMENT"})
"""Read by App Service."""
OF_PYTHON: Final = frozenset({"PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"})


def settings_of(model: type[CommonSettings]) -> set[str]:
    names: set[str] = set()
    for name, field in model.model_fields.items():
        alias = field.validation_alias
        names |= {str(each) for each in alias.choices} if isinstance(alias, AliasChoices) else {name.upper()}
    return names


KNOWN: Final = {
    "app_service": settings_of(Settings) | NOT_OURS | {"SECRETS_FILE"},
    "quantum_service": settings_of(QuantumSettings) | NOT_OURS | {"SECRETS_FILE", "PORT"},
}


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", dockerfile.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in lines]


def last_stage(dockerfile: Path) -> list[tuple[str, str]]:
    all_of_them = instructions(dockerfile)
    start = max(place for place, (name, _) in enumerate(all_of_them) if name == "FROM")
    return all_of_them[start:]


def test_there_is_an_image_for_each_service_and_one_for_both() -> None:
    assert [each.name for each in DOCKERFILES] == [
        "all.Dockerfile",
        "app_service.Dockerfile",
        "quantum_service.Dockerfile",
    ]


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda each: each.stem)
def test_an_image_runs_as_nobody_special_and_says_how_it_is(dockerfile: Path) -> None:
    stage = last_stage(dockerfile)
    said = dict(stage)
    assert [value for name, value in stage if name == "USER"] == ["10001"]
    assert "/api/health" in said["HEALTHCHECK"]
    # As a list: a shell in between would keep signals from process 1.
    assert said["ENTRYPOINT"].startswith('["')


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda each: each.stem)
def test_an_image_names_the_versions_it_stands_on(dockerfile: Path) -> None:
    bases = dict(value.split("=", 1) for name, value in instructions(dockerfile) if name == "ARG")
    for name, image in bases.items():
        assert re.fullmatch(r"[a-z]+:\d+[\w.]*-[\w-]+", image), name
    for name, value in instructions(dockerfile):
        if name == "FROM":
            assert value.split()[0].strip("${}") in bases


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda each: each.stem)
def test_what_an_image_copies_is_there_and_is_no_secret(dockerfile: Path) -> None:
    ignored = (PROJECT_ROOT / ".dockerignore").read_text().split()
    assert {"data", "logs", "run", ".git", "**/.venv", "**/node_modules"} <= set(ignored)
    for name, value in instructions(dockerfile):
        words = [word for word in value.split() if not word.startswith("--chown")]
        if name != "COPY" or words[0].startswith("--from"):
            continue
        for source in words[:-1]:
            assert (PROJECT_ROOT / source).exists(), source
            assert source not in ignored


@pytest.mark.parametrize("service", ["app_service", "quantum_service"])
def test_an_image_has_all_packages_of_its_service_and_its_port(service: str) -> None:
    stage = last_stage(DOCKER / f"{service}.Dockerfile")
    copied = {value.split()[-1] for name, value in stage if name == "COPY"}
    assert {service, "shared", "deploy/serve.sh", "/venv"} <= copied
    said = dict(stage)
    environment = dict(pair.split("=", 1) for pair in said["ENV"].split())
    assert set(environment) <= KNOWN[service] | OF_PYTHON
    model = Settings if service == "app_service" else QuantumSettings
    field = "port" if service == "app_service" else "quantum_port"
    port = str(model.model_fields[field].default)
    assert said["EXPOSE"] == environment[field.upper()] == port
    assert f"{service}) port=${{{field.upper()}:-{port}}}" in SERVE
    assert said["ENTRYPOINT"] == f'["deploy/serve.sh", "{service}"]'


def test_the_client_is_built_without_its_tests() -> None:
    """tsc would read them too, and they read files that are in no image; the gate checks the types by itself."""
    scripts = json.loads((PROJECT_ROOT / "frontend" / "package.json").read_text())["scripts"]
    assert (scripts["build"], scripts["typecheck"]) == ("vite build", "tsc --noEmit")
    assert "client typecheck" in (PROJECT_ROOT / "tests" / "run.sh").read_text()


def test_compose_names_only_settings_that_exist() -> None:
    for name in ("app_service", "quantum_service"):
        environment = SERVICES[name]["environment"]
        assert set(environment) <= KNOWN[name]
        assert environment["AZURE_ENV"] == "production"
        assert SERVICES[name]["build"]["dockerfile"] == f"deploy/docker/{name}.Dockerfile"


def test_compose_opens_one_port_and_to_this_computer_only() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports == {"app_service": ["127.0.0.1:${PORT:-8000}:8000"]}
    inner = {name for name, network in COMPOSE["networks"].items() if network and network.get("internal")}
    for name in ("database", "quantum_service"):
        assert set(SERVICES[name]["networks"]) <= inner


def test_each_service_starts_by_name_with_what_it_needs_and_nothing_else() -> None:
    needs = {name: set(service.get("depends_on", ())) for name, service in SERVICES.items()}
    assert needs == {
        "secrets": set(),
        "database": {"secrets"},
        "quantum_service": {"secrets"},
        "app_service": {"secrets", "database"},
    }
    for name, service in SERVICES.items():
        for volume in service["volumes"]:
            assert volume.split(":")[0] in COMPOSE["volumes"]
        conditions = {on["condition"] for on in service.get("depends_on", {}).values()}
        assert conditions <= {"service_completed_successfully", "service_healthy"}, name


def test_each_service_sees_its_own_secrets_only() -> None:
    seen = {
        name: {volume.split(":")[0] for volume in service["volumes"] if volume.split(":")[0].endswith("_secrets")}
        for name, service in SERVICES.items()
    }
    assert seen["app_service"] == {"app_secrets"}
    assert seen["quantum_service"] == {"quantum_secrets"}
    assert seen["database"] == {"database_secrets"}
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            assert "=" not in str(value)
            assert not re.search(r"(SECRET|KEY|PASSWORD)$", name), "secrets come from their volume"


def test_the_secrets_made_once_will_do_in_production(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("app", "quantum", "database"):
        (tmp_path / folder).mkdir()
    (tmp_path / "app" / "app.new").write_text("left by a step that was interrupted")
    make_secrets.make(tmp_path)
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    make_secrets.make(tmp_path)

    assert {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == made
    assert {str(name) for name in made} == {"app/app.env", "quantum/quantum.env", "database/password"}
    for file in ("app/app.env", "quantum/quantum.env"):
        assert stat.S_IMODE((tmp_path / file).stat().st_mode) == 0o600
        for line in (tmp_path / file).read_text().splitlines():
            # As the shell of deploy/serve.sh reads it: nothing in it may mean more than itself.
            assert re.fullmatch(r"[A-Z_]+=[\w:/@.-]+", line)
            monkeypatch.setenv(*line.split("=", 1))
    monkeypatch.setenv("AZURE_ENV", "production")
    secrets, quantum = load_app_secrets(Settings()), load_quantum_secrets(QuantumSettings())
    assert secrets.quantum_api_key == quantum.api_key
    database = Settings().database
    assert (database.host, database.username, database.database) == ("database", "quantumchat", "quantumchat")
    assert database.password == (tmp_path / "database" / "password").read_text()
    assert SERVICES["database"]["environment"]["POSTGRES_DB"] == database.database


def test_the_azure_apps_have_port_health_and_start_command() -> None:
    blocks = BICEP.split("resource ")[1:]
    apps = {name: next(block for block in blocks if f"serve.sh {name}'" in block) for name in KNOWN}
    health = {route.path for router in ROUTERS for route in router.routes if hasattr(route, "path")}
    for name, block in apps.items():
        settings = dict(re.findall(r"name: '([A-Z_]+)', value: '?([^'}]*?)'? }", block))
        assert set(settings) <= KNOWN[name]
        assert (settings["AZURE_ENV"], settings["PORT"]) == ("production", "port")
        (path,) = re.findall(r"healthCheckPath: '(.*)'", block)
        assert path in health
    assert "ipSecurityRestrictionsDefaultAction: 'Deny'" in apps["quantum_service"]
    assert "numberOfWorkers: 1" in apps["app_service"]
    assert not re.search(r"(?<!@secure\(\)\n)param \w*(Key|Secret|databaseUrl) ", BICEP)
