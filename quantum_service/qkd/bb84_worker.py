"""The child process of `runs.py`: one run of BB84 as standard input asks for it, told line by line, then the end.

It ends by itself when its parent is gone, and after `LIFETIME_SECONDS` whatever happens.
"""

from __future__ import annotations

import os
import sys
from typing import Final

from quantum_service.child_process import be_a_child
from quantum_service.qkd.seeds import Seeds
from shared.schemas.base import Base64Bytes, Wire
from shared.schemas.bb84 import Bb84Finished, Bb84Progress, Bb84Request, Bb84Stage

LIFETIME_SECONDS: Final = 150


class Order(Wire):
    """What the parent writes, as JSON."""

    request: Bb84Request
    seeds: Base64Bytes


def main() -> None:
    output = os.fdopen(be_a_child(LIFETIME_SECONDS), "w", buffering=1)

    from quantum_service.qkd.bb84 import Parameters, Run
    from quantum_service.qkd.summary import summary

    order = Order.model_validate_json(sys.stdin.buffer.read())

    def tell(stage: Bb84Stage) -> None:
        output.write(Bb84Progress(stage=stage).model_dump_json() + "\n")

    run = Run(Parameters(**order.request.model_dump()), Seeds.of(order.seeds))
    run.go(tell)
    output.write(Bb84Finished(result=summary(run)).model_dump_json() + "\n")
    output.close()


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:  # the parent is gone
        sys.exit(1)
