from __future__ import annotations

import pytest

from quantum_service.primitives.providers import FalconProvider, liboqs
from quantum_service.primitives.providers.pqclean import PqcleanFalcon


@pytest.fixture(scope="session", params=["pqclean", "liboqs"])
def falcon(request: pytest.FixtureRequest) -> FalconProvider:
    if request.param == "pqclean":
        return PqcleanFalcon()
    oqs = liboqs.load()
    if oqs is None:
        pytest.skip("the liboqs library is not installed (OQS_INSTALL_PATH)")
    return liboqs.LiboqsFalcon(oqs)
