"""Every test that docs/threat-model.md names exists: a claim must not outlive what shows it."""

from __future__ import annotations

import re
from typing import Final

from shared.settings import PROJECT_ROOT

_DOCUMENT: Final = PROJECT_ROOT / "docs" / "threat-model.md"
_PYTHON: Final = re.compile(r"`(test_\w+)`")
_CLIENT: Final = re.compile(r"`(\w[\w.]*\.test\.tsx?): ([^`]+)`")


def test_the_tests_that_the_threat_model_names_exist() -> None:
    text = _DOCUMENT.read_text()
    python = {
        name
        for file in (PROJECT_ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)", file.read_text())
    }
    client: dict[str, str] = {}
    for file in (PROJECT_ROOT / "frontend" / "src").rglob("*.test.ts*"):
        client[file.name] = client.get(file.name, "") + file.read_text()

    named = _PYTHON.findall(text)
    quoted = _CLIENT.findall(text)
    assert len(named) > 50
    assert len(quoted) > 40
    assert [name for name in named if name not in python] == []
    assert [(file, words) for file, words in quoted if words not in client.get(file, "")] == []
