"""Keys of a QKD link as raw samples, by ETSI GS QKD 014: any vendor's KME, or the simulator.

Promises: asks for keys only when the KME has enough of them for a block; what it took it never gives to anybody else.
Does not: trust the KME alone; it knows its keys, so they are credited half, and mixed like every other source. A KME
whose status says `simulated` is credited nothing.
"""

from __future__ import annotations

import math
from typing import Final

from quantum_service.entropy.sources import RawBlock, SourceFailed
from quantum_service.qkd.etsi014 import Credentials, KmeClient, KmeFailed, Status

BLOCK_BYTES: Final = 4096


class QkdSource:
    name = "qkd"
    quantum = True
    simulated = False
    expected_min_entropy = 0.9
    credited_min_entropy = 0.5
    kept_seeds = 16  # one block: keys that nobody uses are better left to others

    def __init__(self, url: str, peer: str, credentials: Credentials) -> None:
        self._url, self._peer, self._credentials = url, peer, credentials

    async def sample(self) -> RawBlock:
        try:
            async with KmeClient(self._url, self._peer, self._credentials) as kme:
                status = await kme.status()
                self._believe(status)
                data, first_id = await _keys(kme, status)
        except KmeFailed as error:
            raise SourceFailed(f"kme_{error.reason}") from error
        except OSError as error:  # a certificate that cannot be read
            raise SourceFailed("certificates") from error
        return RawBlock((data,), backend=f"{status.source_kme_id}/{status.target_kme_id}", job_id=first_id)

    def _believe(self, status: Status) -> None:
        self.simulated = status.status_extension.get("simulated") is True
        self.credited_min_entropy = 0.0 if self.simulated else QkdSource.credited_min_entropy


async def _keys(kme: KmeClient, status: Status) -> tuple[bytes, str]:
    """A block of keys, and the id of the first of them."""
    size = status.key_size // 8 * 8
    left = math.ceil(BLOCK_BYTES * 8 / max(8, size))
    if size == 0 or status.stored_key_count < left:
        raise SourceFailed("no_keys")
    keys = []
    while left > 0:
        taken = await kme.enc_keys(min(left, status.max_key_per_request), size)
        left -= len(taken)
        keys += taken
    return b"".join(key.data for key in keys)[:BLOCK_BYTES], str(keys[0].id)
