"""What app_service says about itself, and the web client that it serves."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from app_service import VERSION
from app_service.operations.web_client import WebClient
from shared.encoding import SUITE, from_base64url
from shared.http import SECURITY_HEADERS, dress
from tests.services import Service, StartService

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def test_health_is_ok_once_everything_was_seen(service: Service) -> None:
    health = await service.anonymous().get("/api/health")

    assert health["status"] == "ok"
    assert health["version"] == VERSION
    assert health["notary"] == "ready"
    assert health["database"]["status"] == "ok"
    assert health["quantum_service"]["status"] == "ok"
    assert set(health["quantum_service"]["providers"]) >= {"ML-KEM-768", "Falcon-512"}
    assert health["quantum_service"]["url_set"] is True


async def test_without_quantum_service_the_app_is_degraded_but_healthy(service: Service) -> None:
    service.quantum.away = True
    await service.app.state.monitor.check()

    response = await service.anonymous().call("GET", "/api/health")

    assert response.status_code == 200
    health = response.json()
    assert (health["status"], health["quantum_service"]["status"]) == ("degraded", "unavailable")
    assert health["notary"] == "ready"
    assert (await service.anonymous().get("/api/config"))["quantum_service"] == "unavailable"
    assert (await service.anonymous().get("/api/health/ready")) == {"status": "ok"}


async def test_health_asks_nobody(service: Service) -> None:
    before = len(service.quantum.calls)

    for _ in range(5):
        await service.anonymous().get("/api/health")

    assert len(service.quantum.calls) <= before + 1  # the background's own look may fall in between


@pytest.mark.parametrize("fresh_database", ["sqlite"], indirect=True)
async def test_an_unreachable_database_is_named(service: Service, tmp_path: Path) -> None:
    await service.idle_database()
    await service.database.engine.dispose()
    (tmp_path / "quantumchat.db").unlink()
    (tmp_path / "quantumchat.db").mkdir()
    nobody = service.anonymous()

    health = await nobody.get("/api/health")
    ready = await nobody.call("GET", "/api/health/ready")
    login = await nobody.call("POST", "/api/login", {"username": "alice", "password": "correct horse"})

    assert (health["status"], health["database"]["status"]) == ("degraded", "unavailable")
    assert (ready.status_code, ready.json()["error"]["code"]) == (503, "database_unavailable")
    assert (login.status_code, login.json()["error"]["code"]) == (503, "database_unavailable")
    assert (await nobody.get("/api/health/live")) == {"status": "ok"}


async def test_config_is_public(service: Service) -> None:
    config = await service.anonymous().get("/api/config")

    assert (config["version"], config["environment"], config["websocket"]) == (VERSION, "development", True)
    assert config["suites"] == [SUITE]
    notary = config["notary_keys"]["establish"]
    assert (notary["number"], notary["suite"], len(from_base64url(notary["public_key"]))) == (1, SUITE, 962)
    assert config["server_name"] == (await service.anonymous().get("/api/login/parameters?username=x"))["server_name"]


async def test_the_servers_name_stays(start: StartService) -> None:
    one, two = await start(), await start()

    assert (await one.anonymous().get("/api/config"))["server_name"] == (await two.anonymous().get("/api/config"))[
        "server_name"
    ]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_an_unknown_api_path_is_a_json_404_also_for_browsers(service: Service, method: str) -> None:
    response = await service.anonymous().call(method, "/api/nothing/here", headers=PAGE)

    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"
    assert response.json()["error"]["request_id"] == response.headers["x-request-id"]


async def test_a_wrong_method_is_a_405(service: Service) -> None:
    response = await service.anonymous().call("GET", "/api/login")

    assert (response.status_code, response.json()["error"]["code"]) == (405, "method_not_allowed")


async def test_bodies_that_are_no_json_or_too_large(service: Service) -> None:
    http = service.client()

    broken = await http.post("/api/login", content=b"{", headers={"Content-Type": "application/json"})
    large = await http.post("/api/login", content=b" " * (5 << 20), headers={"Content-Type": "application/json"})

    assert (broken.status_code, broken.json()["error"]["code"]) == (422, "malformed")
    assert (large.status_code, large.json()["error"]["code"]) == (413, "too_large")


async def test_refusals_never_repeat_what_was_sent(service: Service) -> None:
    body = {"username": "alice", "password": ["hunter2-secret"]}

    response = await service.anonymous().call("POST", "/api/login", body)

    assert response.status_code == 422
    assert "hunter2" not in response.text


async def test_every_answer_has_the_security_headers(service: Service) -> None:
    for path in ("/", "/api/health", "/api/nothing", "/docs", "/metrics", "/openapi.json"):
        response = await service.anonymous().call("GET", path)
        for name, value in SECURITY_HEADERS.items():
            assert response.headers[name] == value, path


async def test_docs_and_metrics_need_no_internet(service: Service) -> None:
    nobody = service.anonymous()
    page = (await nobody.call("GET", "/docs")).text

    assert "http://" not in page
    assert "https://" not in page
    assert (await nobody.call("GET", "/docs/assets/swagger-ui-bundle.js")).status_code == 200
    assert "http_requests_total" in (await nobody.call("GET", "/metrics")).text


async def test_other_origins_are_let_in_by_name_only(start: StartService) -> None:
    service = await start(allowed_origins=("https://chat.example.org",))
    http = service.client()
    ask = {"Access-Control-Request-Method": "POST"}

    good = await http.options("/api/login", headers=ask | {"Origin": "https://chat.example.org"})
    bad = await http.options("/api/login", headers=ask | {"Origin": "https://evil.example"})

    assert good.headers["access-control-allow-origin"] == "https://chat.example.org"
    assert "access-control-allow-origin" not in bad.headers
    # Their pages bring tokens along; no cookie of this browser is theirs to use.
    assert "access-control-allow-credentials" not in good.headers


# The web client


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>client</title>")
    (folder / "assets" / "index-CPQGhfSp.js").write_text("1")
    (folder / "icon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "secret.txt")
    return folder


def client_of(folder: Path) -> httpx.AsyncClient:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    dress(app, CollectorRegistry())
    app.router.default = WebClient(folder)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost")


async def test_browsers_get_the_client_wherever_they_navigate(built: Path) -> None:
    async with client_of(built) as http:
        for path in ("/", "/conversations/123", "/sign-in"):
            response = await http.get(path, headers=PAGE)
            assert (response.status_code, response.text) == (200, "<title>client</title>")
            assert response.headers["cache-control"] == "no-cache"
            assert "frame-ancestors 'none'" in response.headers["content-security-policy"]


async def test_others_get_service_information(built: Path) -> None:
    async with client_of(built) as http:
        assert (await http.get("/", headers={"Accept": "*/*"})).json() == {
            "name": "QuantumChat",
            "version": VERSION,
            "docs": "/docs",
            "health": "/api/health",
        }
        assert (await http.get("/conversations/123")).status_code == 404


async def test_hashed_files_are_kept_for_ever_others_are_asked_for(built: Path) -> None:
    async with client_of(built) as http:
        script = await http.get("/assets/index-CPQGhfSp.js")
        icon = await http.get("/icon.svg")

        assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert script.headers["content-type"].startswith("text/javascript")
        assert "worker-src 'self'" in script.headers["content-security-policy"]
        assert icon.headers["cache-control"] == "no-cache"
        assert (await http.head("/icon.svg")).status_code == 200


async def test_the_script_of_the_pdf_frame_may_be_loaded_by_it_and_no_other_file(built: Path) -> None:
    (built / "assets" / "pdf-frame-DvQCf-ev.js").write_text("")
    async with client_of(built) as http:
        script = await http.get("/assets/pdf-frame-DvQCf-ev.js")
        other = await http.get("/assets/index-CPQGhfSp.js")

        assert script.headers.get_list("cross-origin-resource-policy") == ["cross-origin"]
        assert other.headers.get_list("cross-origin-resource-policy") == ["same-origin"]


async def test_a_missing_script_is_a_404_and_not_the_page(built: Path) -> None:
    async with client_of(built) as http:
        assert (await http.get("/assets/gone-12345678.js", headers=PAGE)).status_code == 404


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/link", "/%00"]
)
async def test_nothing_outside_its_folder_is_served(built: Path, path: str) -> None:
    async with client_of(built) as http:
        response = await http.get(path)

    assert response.status_code == 404
    assert "secret" not in response.text


async def test_an_unbuilt_client_says_how_to_build_it(built: Path) -> None:
    shutil.rmtree(built)
    async with client_of(built) as http:
        response = await http.get("/", headers=PAGE)

    assert response.status_code == 503
    assert "npm run build" in response.text
