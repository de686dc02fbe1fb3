"""HTTPS with mutual authentication, by the standard library: the SAE is the common name of the client's certificate."""

from __future__ import annotations

import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from quantum_service.qkd.kme_simulator.api import Kme, Refused
from quantum_service.qkd.kme_simulator.certificates import AUTHORITY, certificate_of

_MAX_BODY_BYTES: Final = 65_536
_DRAINED_BYTES: Final = 1 << 20
_TIMEOUT_SECONDS: Final = 30


class KmeServer(ThreadingHTTPServer):
    """On loopback; each connection has a thread, which also does its handshake."""

    daemon_threads = True

    def __init__(self, kme: Kme, port: int, folder: Path) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.kme = kme
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.load_cert_chain(*certificate_of(folder, kme.name))
        self.context.load_verify_locations(folder / AUTHORITY)
        self.context.verify_mode = ssl.CERT_REQUIRED

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, daemon=True, name=self.kme.name).start()

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(_TIMEOUT_SECONDS)
        with self.context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller without a certificate of ours, or one who went away: nothing to be told."""


class _Handler(BaseHTTPRequestHandler):
    server: KmeServer
    connection: ssl.SSLSocket
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def _answer(self, method: str) -> None:
        address = urlsplit(self.path)
        try:
            status, body = (
                200,
                self.server.kme.answer(
                    self._sae(), method, unquote(address.path), dict(parse_qsl(address.query)), self._body()
                ),
            )
        except Refused as refusal:
            status, body = refusal.status, refusal.body
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _MAX_BODY_BYTES:
            self.close_connection = True
            if length.isdecimal():  # unread, it would keep the refusal from arriving
                self.rfile.read(min(int(length), _DRAINED_BYTES))
            raise Refused(400, "the body is too large")
        return self.rfile.read(int(length))

    def _sae(self) -> str | None:
        certificate = self.connection.getpeercert() or {}
        subject: Any = certificate.get("subject", ())
        return next((value for part in subject for name, value in part if name == "commonName"), None)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
        """Paths name SAEs and keys: they stay out of the output."""
