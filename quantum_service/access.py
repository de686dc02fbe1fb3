"""Who may call what (PROTOCOL 11.3): two bearer keys, app_service's and the operator's."""

from __future__ import annotations

import hashlib
import hmac
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared.errors import Forbidden, Unauthorized

_bearer = HTTPBearer(auto_error=False, description="QUANTUM_API_KEY or QUANTUM_OPERATOR_KEY")


class Keys:
    """Digests of both keys: comparing digests takes the same time whatever the length and bytes that are given."""

    def __init__(self, api_key: str, operator_key: str) -> None:
        self._api = hashlib.sha256(api_key.encode()).digest()
        self._operator = hashlib.sha256(operator_key.encode()).digest()

    def is_operator(self, given: str | None) -> bool:
        """True for the operator's key, False for app_service's, 401 `not_authenticated` for anything else."""
        digest = hashlib.sha256((given or "").encode()).digest()
        operator, api = hmac.compare_digest(digest, self._operator), hmac.compare_digest(digest, self._api)
        if given is None or not (operator or api):
            raise Unauthorized("not_authenticated", "A valid API key is needed: Authorization: Bearer …")
        return operator


async def caller_is_operator(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
) -> bool:
    """Either key will do; which one it was decides what `keygen` may make."""
    keys: Keys = request.app.state.keys
    return keys.is_operator(credentials.credentials if credentials else None)


async def operator_only(is_operator: Annotated[bool, Security(caller_is_operator)]) -> None:
    require_operator(is_operator)


def require_operator(is_operator: bool) -> None:
    """403 `operator_key_required` for app_service's key."""
    if not is_operator:
        raise Forbidden("operator_key_required", "This call needs the operator's key.")
