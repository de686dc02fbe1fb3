"""Print app_service's OpenAPI document, the WebSocket's frames among its schemas."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pydantic import TypeAdapter

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from app_service.main import create_app
from app_service.settings import Settings
from app_service.socket.frames import AnyClientFrame, ServerFrame


def main() -> None:
    document = create_app(Settings()).openapi()
    schemas = document["components"]["schemas"]
    frames, shared = TypeAdapter.json_schemas(
        [
            ("ClientFrame", "validation", TypeAdapter(AnyClientFrame)),
            ("ServerFrame", "serialization", TypeAdapter(ServerFrame)),
        ],
        ref_template="#/components/schemas/{model}",
    )
    schemas.update(shared["$defs"])
    # A union of literal types needs no discriminator in TypeScript.
    schemas.update({name: {"anyOf": frame.get("anyOf") or frame["oneOf"]} for (name, _), frame in frames.items()})
    json.dump(document, sys.stdout, indent=1, sort_keys=True)


main()
