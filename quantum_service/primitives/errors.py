"""What the primitives raise. None of these carries key material or the caller's bytes in its text."""

from __future__ import annotations


class InvalidSignature(Exception):
    """The signature was not made over these bytes with this key."""


class MalformedSignature(InvalidSignature):
    """The bytes cannot be a signature of this kind, whatever the key."""


class MalformedKey(ValueError):
    """The bytes cannot be a public key of this kind."""


class MalformedCiphertext(ValueError):
    """The bytes cannot be a KEM ciphertext."""


class Refused(Exception):
    """A blob does not open: another key, purpose or associated data, or changed bytes. It never says which."""


class OtherMasterKey(Refused):
    """The blob names another master key than the service has."""
