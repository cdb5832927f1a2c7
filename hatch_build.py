"""Builds the wheel: all packages of the repository inside `stabproof`, with their imports rewritten.

In the repository `certify`, `search`, `symbolic`, `numeric`, `cases` and `foundation` stand beside `stabproof`.
Installed so, they would claim common names. In the wheel `certify.enclosure` is `stabproof.certify.enclosure`, and so
on; the modules `stabproof/certify.py` and its like, which lend the packages that name in the repository, give way to
the packages.
"""

import ast
import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

INNER = ("foundation", "certify", "search", "symbolic", "numeric", "cases")
# the checker that shares nothing with the rest keeps its name inside, too
OPTIONAL = ("recheck",)
HOME = "stabproof"


class CustomBuildHook(BuildHookInterface):
    """Called by hatchling; an editable install keeps the repository as it is."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        target = root / "build" / "wheel"
        shutil.rmtree(target, ignore_errors=True)
        write_tree(root, target / HOME)
        build_data["force_include"][str(target / HOME)] = HOME


def write_tree(root: Path, target: Path) -> None:
    """The packages of `root` as the tree of one package."""
    names = [*INNER, *(name for name in OPTIONAL if (root / name).is_dir())]
    for name in (HOME, *names):
        for source in sorted((root / name).rglob("*")):
            inside = source.relative_to(root / name)
            lent = name == HOME and len(inside.parts) == 1 and inside.stem in names
            if source.is_dir() or "__pycache__" in inside.parts or lent:
                continue
            copy = target / inside if name == HOME else target / name / inside
            copy.parent.mkdir(parents=True, exist_ok=True)
            if source.suffix in (".py", ".pyi"):
                copy.write_text(rewritten(source.read_text(encoding="utf-8"), names), encoding="utf-8")
            else:
                shutil.copyfile(source, copy)


def rewritten(code: str, names: list[str]) -> str:
    """The code with imports of the packages `names` turned into imports from `stabproof`."""
    lines = code.splitlines(keepends=True)
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and not node.level and _is_ours(node.module, names):
            line, old = lines[node.lineno - 1], f"from {node.module}"
            before, after = line[: node.col_offset], line[node.col_offset :]
            if not after.startswith(old):
                raise ValueError(f"the import in {line!r} cannot be moved into {HOME}; write it in one line")
            lines[node.lineno - 1] = f"{before}from {HOME}.{node.module}{after[len(old) :]}"
        elif isinstance(node, ast.Import) and any(_is_ours(alias.name, names) for alias in node.names):
            raise ValueError(f"`{ast.unparse(node)}` cannot be moved into {HOME}; import names from the module instead")
    return "".join(lines)


def _is_ours(module: str | None, names: list[str]) -> bool:
    return (module or "").partition(".")[0] in names
