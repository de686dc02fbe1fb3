"""The calls of ETSI GS QKD 014 V1.1.1 section 5, from the SAE that a certificate names to status code and JSON.

Promises: the status codes, fields and fixed messages of the standard; 401 for an SAE that this KME does not serve and
for keys of others. Does not: multicast to more than one slave, or know any extension.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any, Final, NoReturn
from uuid import UUID

from quantum_service.qkd.kme_simulator.link import CAPACITY_KEYS, KEY_BITS, Link, NotEnough, NotFound, NotYours

MIN_KEY_BITS: Final = 64
MAX_KEY_BITS: Final = 4096
MAX_KEYS: Final = 128
_PREFIX: Final = ["api", "v1", "keys"]
_NOT_FOUND: Final = "one or more keys specified are not found on KME"


class Refused(Exception):
    """The error of section 6.5."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"message": message}


@dataclass(frozen=True)
class Kme:
    """One end of the link, and the SAE that it serves."""

    name: str
    sae: str
    peer_name: str
    peer_sae: str
    link: Link

    def answer(self, sae: str | None, method: str, path: str, query: dict[str, str], body: bytes) -> dict[str, Any]:
        """The JSON of a 200; `Refused` otherwise."""
        if sae != self.sae:
            raise Refused(401, "this KME does not serve the SAE that the certificate names")
        parts = path.strip("/").split("/")
        if parts[:3] != _PREFIX or len(parts) != 5 or method not in {"GET", "POST"}:
            _bad("no such call")
        peer, call = parts[3:]
        if call == "dec_keys":
            return self._collect(peer, _ids(query, body))
        if peer != self.peer_sae:
            _bad("the slave SAE is not known")
        if call == "status" and method == "GET":
            return self._status()
        if call == "enc_keys":
            return self._take(query if method == "GET" else _object(body))
        return _bad("no such call")

    def _status(self) -> dict[str, Any]:
        return {
            "source_KME_ID": self.name,
            "target_KME_ID": self.peer_name,
            "master_SAE_ID": self.sae,
            "slave_SAE_ID": self.peer_sae,
            "key_size": KEY_BITS,
            "stored_key_count": self.link.stored,
            "max_key_count": CAPACITY_KEYS,
            "max_key_per_request": MAX_KEYS,
            "max_key_size": MAX_KEY_BITS,
            "min_key_size": MIN_KEY_BITS,
            "max_SAE_ID_count": 0,
            "status_extension": {"simulated": True},
        }

    def _take(self, given: dict[str, Any]) -> dict[str, Any]:
        if given.get("extension_mandatory"):
            _bad("not all extension_mandatory parameters are supported")
        if given.get("additional_slave_SAE_IDs"):
            _bad("additional_slave_SAE_IDs are not supported")
        number, size = _number(given, "number", 1), _number(given, "size", KEY_BITS)
        if size % 8:
            _bad("size shall be a multiple of 8")
        if not MIN_KEY_BITS <= size <= MAX_KEY_BITS:
            _bad("size is not between min_key_size and max_key_size")
        if not 1 <= number <= MAX_KEYS:
            _bad("number is not between 1 and max_key_per_request")
        try:
            return _container(self.link.take(self.sae, self.peer_sae, number, size))
        except NotEnough:
            raise Refused(503, "not enough keys are stored") from None

    def _collect(self, master: str, ids: list[UUID]) -> dict[str, Any]:
        try:
            return _container(self.link.collect(master, self.sae, ids))
        except NotFound:
            return _bad(_NOT_FOUND)
        except NotYours:
            raise Refused(401, "the keys were not requested for this SAE") from None


def _bad(message: str) -> NoReturn:
    raise Refused(400, message)


def _container(keys: list[tuple[UUID, bytes]]) -> dict[str, Any]:
    return {"keys": [{"key_ID": str(key_id), "key": base64.b64encode(key).decode()} for key_id, key in keys]}


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        _bad("the body is not JSON")
    return found if isinstance(found, dict) else _bad("the body is not an object")


def _number(given: dict[str, Any], name: str, default: int) -> int:
    """A whole number, which in a query is text."""
    value = given.get(name, default)
    if isinstance(value, str) and value.isdecimal() and len(value) < 10:
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        _bad(f"{name} is not a whole number")
    return value


def _ids(query: dict[str, str], body: bytes) -> list[UUID]:
    """Of `?key_ID=` or of the body of section 6.4."""
    given: Any = [{"key_ID": query["key_ID"]}] if "key_ID" in query else _object(body).get("key_IDs")
    if not isinstance(given, list) or not 1 <= len(given) <= MAX_KEYS:
        _bad("key_IDs is not a list of keys")
    try:
        return [UUID(each["key_ID"]) for each in given]
    except (KeyError, TypeError, ValueError, AttributeError):
        _bad("a key_ID is not a UUID")
