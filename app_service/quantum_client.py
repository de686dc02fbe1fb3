"""The only caller of quantum_service.

Promises: one pooled client, bounded waiting, the request's id passed on, and one way to fail: whatever keeps
quantum_service from answering is 503 `quantum_service_unavailable` with `Retry-After`, and `overloaded` when it has
too much to do.
Does not: retry, cache, or touch the database. Callers hold no transaction while they call.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from types import TracebackType
from typing import Final, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from shared.encoding import to_base64url
from shared.errors import ApiError, Unavailable
from shared.http import REQUEST_ID_HEADER, request_id
from shared.logging import get_logger
from shared.schemas import quantum as wire
from shared.schemas.bb84 import Bb84Event, Bb84Failed, Bb84Request

log = get_logger("quantum_client")

RETRY_AFTER_SECONDS: Final = 5
HARDWARE_RETRY_AFTER_SECONDS: Final = 60
_TIMEOUT: Final = httpx.Timeout(10.0, connect=2.0, pool=2.0)
_STREAM_TIMEOUT: Final = httpx.Timeout(150.0, connect=2.0, pool=2.0)
"""Longer than quantum_service itself lets a run last."""
_LIMITS: Final = httpx.Limits(max_connections=32, max_keepalive_connections=16)

Answer = TypeVar("Answer", bound=BaseModel)


class QuantumRefused(ApiError):
    """quantum_service answered and said no: `code` and `details` are its own (`malformed_key` with its item …)."""

    status = 422


class QuantumClient:
    """`on_contact` hears after each call whether quantum_service can be used."""

    def __init__(self, url: str, api_key: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=_TIMEOUT,
            limits=_LIMITS,
            transport=transport,
            trust_env=False,
        )
        self.on_contact: Callable[[bool], None] = lambda _: None
        self._said: str | None = None

    async def __aenter__(self) -> QuantumClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def health(self) -> wire.QuantumHealth:
        return await self._call("GET", "/api/health", None, wire.QuantumHealth)

    async def keygen(self, body: wire.KeygenRequest) -> wire.KeyPair:
        return await self._call("POST", "/api/quantum/keygen", body, wire.KeyPair)

    async def verify(self, items: list[wire.VerifyItem]) -> list[wire.Verdict]:
        """One verdict per hybrid signature, in order."""
        body = wire.VerifyRequest(items=items)
        answer = await self._call("POST", "/api/quantum/wrap_verify", body, wire.VerifyResponse)
        if len(answer.items) != len(items):
            raise self._unavailable("a verdict is missing")
        return answer.items

    async def sign(self, items: list[wire.SignItem]) -> list[bytes]:
        """One hybrid signature per item, in order, under the label of the item's usage."""
        body = wire.SignRequest(items=items)
        answer = await self._call("POST", "/api/quantum/wrap_sign", body, wire.SignResponse)
        if len(answer.signatures) != len(items):
            raise self._unavailable("a signature is missing")
        return answer.signatures

    async def establish(self, body: wire.EstablishRequest) -> wire.EstablishResponse:
        return await self._call("POST", "/api/quantum/establish", body, wire.EstablishResponse)

    async def bb84(self, body: Bb84Request, notary: wire.NotaryKey) -> AsyncGenerator[bytes, None]:
        """The lines of a simulated run as they come, its draw signed by `notary`; refusals are raised before them."""
        headers = {
            wire.NOTARY_KEY_HEADER: to_base64url(notary.public_key),
            wire.NOTARY_BLOB_HEADER: to_base64url(notary.wrapped_private_key),
        }
        response = await self._request("POST", "/api/quantum/bb84", body, stream=True, further=headers)
        if response.status_code != httpx.codes.OK:
            await response.aread()
            self._check(response)
        return _relayed(response)

    async def samples(self) -> wire.RawSamples:
        return await self._call("GET", "/api/quantum/samples", None, wire.RawSamples)

    async def prove_key(self) -> None:
        """Fails when our API key is not taken, which `health` (open to all) cannot tell."""
        await self._call("GET", "/api/quantum/random?bytes=1", None, wire.RandomResponse)

    async def _call(self, method: str, path: str, body: BaseModel | None, kind: type[Answer]) -> Answer:
        response = await self._request(method, path, body)
        self._check(response)
        try:
            answer = kind.model_validate_json(response.content)
        except ValidationError as error:
            raise self._unavailable("an answer of another form") from error
        self._said = None
        return answer

    def _check(self, response: httpx.Response) -> None:
        """Raise unless the answer is a good one."""
        if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:  # it is there, and asks for patience
            raise self._patience(response)
        refused = response.status_code in {409, 422}
        usable = response.status_code == httpx.codes.OK or refused
        self.on_contact(usable)
        if not usable:
            raise self._unavailable(f"status {response.status_code}")
        if refused:
            raise self._refusal(response)

    async def _request(
        self,
        method: str,
        path: str,
        body: BaseModel | None,
        *,
        stream: bool = False,
        further: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        headers = {"Content-Type": "application/json", **(further or {})}
        if identifier := request_id():
            headers[REQUEST_ID_HEADER] = identifier
        content = None if body is None else body.model_dump_json().encode()
        try:
            request = self._http.build_request(
                method, path, content=content, headers=headers, timeout=_STREAM_TIMEOUT if stream else _TIMEOUT
            )
            return await self._http.send(request, stream=stream)
        except httpx.HTTPError as error:
            self.on_contact(False)
            raise self._unavailable(type(error).__name__) from error

    def _patience(self, response: httpx.Response) -> Unavailable:
        """What a caller required is away, which trying again at once does not change; or there is too much work."""
        match _code(response):
            case "hardware_entropy_unavailable" as code:
                words = "No quantum device has randomness ready. Nothing was changed."
                return Unavailable(code, words, retry_after=HARDWARE_RETRY_AFTER_SECONDS)
            case "overloaded" as code:
                words = "The quantum service has more work than it can take now. Nothing was changed."
                return Unavailable(code, words, retry_after=RETRY_AFTER_SECONDS)
            case _:
                return self._unavailable("status 503")

    def _refusal(self, response: httpx.Response) -> ApiError:
        try:
            said = response.json()["error"]
            code, details = str(said["code"]), dict(said["details"])
        except (ValueError, KeyError, TypeError):
            return self._unavailable("an error of another form")
        if code == "other_master_key":  # nothing that our caller sent: the operator changed QUANTUM_MASTER_KEY
            return self._unavailable(code)
        return QuantumRefused(code, "The quantum service refused the input.", details=details)

    def _unavailable(self, reason: str) -> Unavailable:
        if reason != self._said:  # the monitor asks every few seconds: one line per reason is enough
            log.warning("quantum_service_unavailable", reason=reason)
        self._said = reason
        return Unavailable(
            "quantum_service_unavailable",
            "The quantum service cannot be used at the moment. Nothing was changed.",
            retry_after=RETRY_AFTER_SECONDS,
        )


async def _relayed(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """The body as it comes; a line that says so when it breaks off."""
    try:
        async for part in response.aiter_bytes():
            yield part
    except httpx.HTTPError:
        yield b"\n" + Bb84Event(Bb84Failed(code="crashed")).model_dump_json().encode() + b"\n"
    finally:
        await response.aclose()


def _code(response: httpx.Response) -> str | None:
    try:
        return str(response.json()["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return None
