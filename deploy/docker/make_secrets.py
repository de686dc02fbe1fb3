"""Makes the secrets of one installation, once: `make_secrets.py FOLDER`, a folder for each who reads them.

`app/app.env` and `quantum/quantum.env` are for `SECRETS_FILE` of the two services, `database/password` for PostgreSQL.
What is there already stays, so that the step may run at every start.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from shared.settings import new_secret

DATABASE: Final = "postgresql://quantumchat:{password}@database/quantumchat"
PRIVATE: Final = 0o600
READABLE: Final = 0o644
"""PostgreSQL's image reads its password as a user of its own; nobody else is given that folder."""


def make(folder: Path) -> None:
    last = folder / "app" / "app.env"
    if last.exists():
        return
    key, password = new_secret(), new_secret()
    quantum = {
        "QUANTUM_API_KEY": key,
        "QUANTUM_OPERATOR_KEY": new_secret(),
        "QUANTUM_MASTER_KEY": new_secret(),
    }
    app = {
        "JWT_SECRET": new_secret(),
        "QUANTUM_API_KEY": key,
        "DATABASE_URL": DATABASE.format(password=password),
    }
    _write(folder / "database" / "password", password, READABLE)
    _write(folder / "quantum" / "quantum.env", _lines(quantum), PRIVATE)
    _write(last, _lines(app), PRIVATE)


def _lines(values: dict[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _write(file: Path, text: str, mode: int) -> None:
    """Whole or not at all: a step that was interrupted is simply run again."""
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    os.fchmod(descriptor, mode)  # whatever the umask says
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    new.replace(file)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
