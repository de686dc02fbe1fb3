"""The real `curl`, as somebody without a browser uses the API."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any

    def expect(self, status: int) -> Any:
        assert self.status == status, (self.status, self.body)
        return self.body

    def refusal(self, status: int) -> str:
        """The code of an error, which must have the one shape."""
        assert self.status == status, (self.status, self.body)
        assert set(self.body) == {"error"}
        error = self.body["error"]
        assert set(error) == {"code", "message", "details", "request_id"}
        assert error["message"]
        assert error["request_id"] == self.headers["x-request-id"]
        return str(error["code"])


@dataclass
class Curl:
    url: str
    token: str | None = None

    def get(self, path: str) -> Answer:
        return self._run("GET", path, [])

    def post(self, path: str, body: object) -> Answer:
        text = body if isinstance(body, str) else json.dumps(body)
        return self._run("POST", path, ["--header", "Content-Type: application/json", "--data", text])

    def signed_in(self, username: str, password: str) -> Curl:
        self.token = self.post("/api/login", {"username": username, "password": password}).expect(200)["access_token"]
        return self

    def _run(self, method: str, path: str, options: list[str]) -> Answer:
        if shutil.which("curl") is None:
            pytest.skip("curl is not installed")
        if self.token is not None:
            options = [*options, "--header", f"Authorization: Bearer {self.token}"]
        command = ["curl", "--silent", "--show-error", "--max-time", "30", "--include", "--request", method, *options]
        done = subprocess.run([*command, self.url + path], capture_output=True, text=True, check=True)
        head, _, text = done.stdout.partition("\n\n")
        first, *lines = head.splitlines()
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return Answer(int(first.split()[1]), headers, json.loads(text) if text else None)
