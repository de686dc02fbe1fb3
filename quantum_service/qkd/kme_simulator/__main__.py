"""`python -m quantum_service.qkd.kme_simulator FOLDER`: two KMEs with a simulated BB84 link, on loopback."""

from __future__ import annotations

import argparse
import threading
from pathlib import Path

from quantum_service.qkd.kme_simulator import certificates
from quantum_service.qkd.kme_simulator.api import Kme
from quantum_service.qkd.kme_simulator.filling import Filling
from quantum_service.qkd.kme_simulator.link import Link
from quantum_service.qkd.kme_simulator.server import KmeServer
from shared.logging import configure_logging, get_logger

log = get_logger("kme_simulator")


def main() -> None:
    options = _options()
    configure_logging(level="INFO", as_json=False)
    certificates.make_once(options.folder, ("kme-a", "kme-b"), ("sae-a", "sae-b"))
    link = Link()
    Filling(link, options.noise, options.eavesdropper).start()
    for kme, port in (
        (Kme("kme-a", "sae-a", "kme-b", "sae-b", link), options.port_a),
        (Kme("kme-b", "sae-b", "kme-a", "sae-a", link), options.port_b),
    ):
        KmeServer(kme, port, options.folder).start()
        log.info("listening", kme=kme.name, sae=kme.sae, url=f"https://localhost:{port}")
    threading.Event().wait()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m quantum_service.qkd.kme_simulator", description=__doc__)
    parser.add_argument("folder", type=Path, help="of the certificates, which are made there at the first start")
    parser.add_argument("--port-a", type=int, default=8441)
    parser.add_argument("--port-b", type=int, default=8442)
    parser.add_argument("--noise", type=float, default=0.01, help="probability that the fibre flips a bit")
    parser.add_argument("--eavesdropper", type=float, default=0.0, help="share of the photons that Eve measures")
    return parser.parse_args()


if __name__ == "__main__":
    main()
