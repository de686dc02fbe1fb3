"""Each package that we ask for by name has a reason and a licence in docs/decisions/0004-dependencies.md."""

from __future__ import annotations

import json
import re
import tomllib

from shared.settings import PROJECT_ROOT


def test_every_dependency_has_a_row_and_every_row_a_dependency() -> None:
    rows = re.findall(r"^\| `([^`]+)` \|", _read("docs/decisions/0004-dependencies.md"), re.MULTILINE)

    assert sorted(rows) == sorted(_python_packages() | _npm_packages())


def _python_packages() -> set[str]:
    project = tomllib.loads(_read("pyproject.toml"))
    requirements = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    return {re.split(r"[\[=<>~ ]", requirement, maxsplit=1)[0] for requirement in requirements}


def _npm_packages() -> set[str]:
    package = json.loads(_read("frontend/package.json"))
    return {*package["dependencies"], *package["devDependencies"]}


def _read(path: str) -> str:
    return (PROJECT_ROOT / path).read_text()
