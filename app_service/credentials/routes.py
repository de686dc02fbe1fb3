"""The ways into an account over HTTP: recovery, password change, a new recovery code."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app_service.accounts.access import AccountCaller, OwnerCaller
from app_service.credentials.schemas import (
    Changed,
    PasswordBody,
    RawPasswordChange,
    RecoverRequest,
    Recovery,
    RecoveryCodeChange,
)
from app_service.credentials.service import CredentialService
from app_service.rate_limits import address_of
from app_service.vault.preconditions import IfMatch, seen_version

router = APIRouter(prefix="/api", tags=["accounts"])


async def _service(request: Request) -> CredentialService:
    credentials: CredentialService = request.app.state.credentials
    return credentials


Credentials = Annotated[CredentialService, Depends(_service)]


@router.post("/recover")
async def recover(body: RecoverRequest, request: Request, response: Response, credentials: Credentials) -> Recovery:
    response.headers["Cache-Control"] = "no-store"
    return await credentials.recover(body, address_of(request))


@router.put("/users/me/password")
async def change_password(
    body: PasswordBody, caller: OwnerCaller, credentials: Credentials, request: Request, if_match: IfMatch = None
) -> Changed:
    """With a vault: `If-Match`, and a proof of the password or a recovery token. All other sign-ins end."""
    if isinstance(body, RawPasswordChange):
        return await credentials.change_raw_password(caller, body, address_of(request))
    return await credentials.change_password(caller, body, seen_version(if_match), address_of(request))


@router.put("/users/me/recovery-code")
async def change_recovery_code(
    body: RecoveryCodeChange,
    caller: AccountCaller,
    credentials: Credentials,
    request: Request,
    if_match: IfMatch = None,
) -> Changed:
    """The code before it opens nothing any more."""
    return await credentials.change_recovery_code(caller, body, seen_version(if_match), address_of(request))
