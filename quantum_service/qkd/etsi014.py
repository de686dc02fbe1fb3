"""A client of a key management entity (KME) after ETSI GS QKD 014 V1.1.1: we are a secure application entity (SAE).

Promises: mutual TLS of at least 1.2 with our own certificate and the KME's own authority; bounded waiting; a key in no
error, log or `repr`. Does not: retry, or keep keys. Any vendor's KME will do: fields that the standard does not name
are passed over.
"""

from __future__ import annotations

import base64
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Final, Literal, TypeVar
from urllib.parse import quote
from uuid import UUID

import httpx
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

_TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)

Reason = Literal["unreachable", "bad_request", "not_authorised", "unavailable", "malformed"]
_REASONS: Final[dict[int, Reason]] = {400: "bad_request", 401: "not_authorised", 503: "unavailable"}
Answer = TypeVar("Answer", bound=BaseModel)


class KmeFailed(Exception):
    """`reason` is a fixed word; `message` is the KME's own, for whoever looks into it, and never for logs."""

    def __init__(self, reason: Reason, message: str = "") -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.message = message


def _decoded(value: Any) -> bytes:
    if not isinstance(value, str):
        raise ValueError("base64 text is expected")  # noqa: TRY004 - pydantic turns ValueError into its own error
    return base64.b64decode(value, validate=True)


class _FromKme(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class Status(_FromKme):
    """Section 6.1; sizes in bits."""

    source_kme_id: str = Field(alias="source_KME_ID")
    target_kme_id: str = Field(alias="target_KME_ID")
    master_sae_id: str = Field(alias="master_SAE_ID")
    slave_sae_id: str = Field(alias="slave_SAE_ID")
    key_size: int = Field(gt=0)
    stored_key_count: int = Field(ge=0)
    max_key_count: int = Field(ge=0)
    max_key_per_request: int = Field(gt=0)
    max_key_size: int = Field(gt=0)
    min_key_size: int = Field(gt=0)
    max_sae_id_count: int = Field(ge=0, alias="max_SAE_ID_count")
    status_extension: dict[str, Any] = {}


class _Key(_FromKme):
    key_id: UUID = Field(alias="key_ID")
    key: Annotated[bytes, BeforeValidator(_decoded), Field(repr=False)]


class _Container(_FromKme):
    """Section 6.3."""

    keys: list[_Key]


@dataclass(frozen=True)
class Key:
    id: UUID
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Credentials:
    """Files in PEM: the KME's authority, our certificate and its private key."""

    authority: Path
    certificate: Path
    private_key: Path

    def context(self) -> ssl.SSLContext:
        """`OSError` (`ssl.SSLError` is one) when a file cannot be used."""
        context = ssl.create_default_context(cafile=self.authority)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate, self.private_key)
        return context


class KmeClient:
    """Of one KME, which knows us by our certificate; `peer` is the SAE at the other end of the link."""

    def __init__(
        self, url: str, peer: str, credentials: Credentials, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        context = credentials.context()
        self._http = httpx.AsyncClient(
            base_url=url, verify=context, timeout=_TIMEOUT, transport=transport, trust_env=False
        )
        self._keys = f"/api/v1/keys/{quote(peer, safe='')}"

    async def __aenter__(self) -> KmeClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def status(self) -> Status:
        return await self._ask("GET", "status", None, Status)

    async def enc_keys(self, number: int, size: int) -> list[Key]:
        """So many keys of `size` bits that are ours as master; the peer gets them by their ids."""
        found = await self._ask("POST", "enc_keys", {"number": number, "size": size}, _Container)
        if len(found.keys) != number or any(len(one.key) * 8 != size for one in found.keys):
            raise KmeFailed("malformed")
        return [Key(one.key_id, one.key) for one in found.keys]

    async def dec_keys(self, ids: list[UUID]) -> list[Key]:
        """The keys of these ids, which the peer got as master."""
        body = {"key_IDs": [{"key_ID": str(each)} for each in ids]}
        found = await self._ask("POST", "dec_keys", body, _Container)
        if {one.key_id for one in found.keys} != set(ids):
            raise KmeFailed("malformed")
        return [Key(one.key_id, one.key) for one in found.keys]

    async def _ask(self, method: str, call: str, body: Any, kind: type[Answer]) -> Answer:
        try:
            response = await self._http.request(method, f"{self._keys}/{call}", json=body)
        except (httpx.HTTPError, OSError) as error:  # TLS 1.3 tells of a refused certificate at the first read
            raise KmeFailed("unreachable", type(error).__name__) from error
        if response.status_code != httpx.codes.OK:
            raise KmeFailed(_REASONS.get(response.status_code, "malformed"), _message(response))
        try:
            return kind.model_validate_json(response.content)
        except ValidationError:
            raise KmeFailed("malformed") from None  # pydantic's error would hold the answer


def _message(response: httpx.Response) -> str:
    """Of the error's body, section 6.5."""
    try:
        return str(response.json()["message"])[:200]
    except (ValueError, KeyError, TypeError):
        return ""
