"""app_service for uvicorn, as it is but for one thing: hashing a password costs next to nothing.

For tests that make many accounts and are about something else.
"""

from __future__ import annotations

from app_service.main import Seams, create_app
from tests.services import UNSAFE_BCRYPT_ROUNDS

app = create_app(seams=Seams(unsafe_bcrypt_rounds=UNSAFE_BCRYPT_ROUNDS))
