"""Entity tags against lost updates: which version a writer has seen (RFC 9110 section 13)."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import Header

from shared.errors import PreconditionRequired

_TAG: Final = re.compile(r'"([0-9]{1,9})"')

IfMatch = Annotated[str | None, Header()]
IfNoneMatch = Annotated[str | None, Header()]


def seen_version(if_match: str | None, if_none_match: str | None = None) -> int:
    """The version that the writer has seen, 0 for none; 428 when it does not say."""
    if if_none_match == "*" and if_match is None:
        return 0
    tag = _TAG.fullmatch(if_match or "")
    if tag is None or if_none_match is not None or int(tag[1]) == 0:
        raise PreconditionRequired(
            "precondition_required", 'Say what you have seen: If-None-Match: * or If-Match: "<version>".'
        )
    return int(tag[1])
