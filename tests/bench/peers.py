"""What others reached, and what we want to reach."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

PEERS: Final[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("peers.toml").read_text())
