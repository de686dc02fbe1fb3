"""Stateless cryptography over HTTP: bytes in, bytes out; no users and no database."""

from typing import Final

VERSION: Final = "0.1.0"
