"""What a caller hears when a primitive says no."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from quantum_service.entropy.pool import HardwareMissing
from quantum_service.primitives.errors import MalformedKey, OtherMasterKey, Refused
from shared.errors import ApiError, Conflict, Malformed, Unavailable

RETRY_AFTER_SECONDS: Final = 60


@contextmanager
def refusals(**place: int) -> Iterator[None]:
    """Turn what primitives raise into stable codes; `place` names the item of a batch."""
    try:
        yield
    except OtherMasterKey as error:
        raise Conflict(
            "other_master_key", "The blob was made under another master key than this service has.", details=place
        ) from error
    except Refused as error:
        # One answer for a changed blob, another usage, another public key and other associated data.
        raise Malformed("refused", "The blob does not open for this use.", details=place) from error
    except MalformedKey as error:
        raise Malformed("malformed_key", "Not a public key of this algorithm.", details=place) from error
    except HardwareMissing as error:
        raise Unavailable(
            "hardware_entropy_unavailable",
            "No quantum device has given anything that is left; the operating system's randomness is there.",
            retry_after=RETRY_AFTER_SECONDS,
        ) from error
    except ApiError as error:
        error.details = {**place, **error.details}
        raise
