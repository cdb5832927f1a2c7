"""Dicts that remember which of their entries were read: what a proof does not read, a certificate does not hold."""

from collections.abc import Iterator
from typing import Any, final


@final
class Tracked(dict[str, Any]):
    """A dict of exact data with a record of the keys that were looked up; iteration looks up all."""

    def __init__(self, entries: dict[str, Any]) -> None:
        super().__init__({key: tracked(value) for key, value in entries.items()})
        self.read: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self.read.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self.read.add(key)
        return super().get(key, default)

    def __iter__(self) -> Iterator[str]:
        self.read.update(super().keys())
        return super().__iter__()

    def keys(self) -> Any:
        self.read.update(super().keys())
        return super().keys()

    def items(self) -> Any:
        self.read.update(super().keys())
        return super().items()

    def values(self) -> Any:
        self.read.update(super().keys())
        return super().values()

    def __or__(self, other: Any) -> dict[str, Any]:  # type: ignore[override]
        return {**dict(self.items()), **other}


def tracked(tree: Any) -> Any:
    """The tree with every dict replaced by a `Tracked` one."""
    if isinstance(tree, dict):
        return Tracked(tree)
    if isinstance(tree, list):
        return [tracked(item) for item in tree]
    return tree


def unread(tree: Any, path: str = "") -> list[str]:
    """Where entries lie that nobody looked up, as paths; below an entry that was not read nothing is listed."""
    found: list[str] = []
    if isinstance(tree, Tracked):
        for key, value in dict.items(tree):
            place = f"{path}.{key}" if path else key
            found += unread(value, place) if key in tree.read else [place]
    elif isinstance(tree, list):
        for k, item in enumerate(tree):
            found += unread(item, f"{path}[{k}]")
    return found


def read_part(tree: Any) -> Any:
    """The plain tree without the entries that nobody looked up."""
    if isinstance(tree, Tracked):
        return {key: read_part(value) for key, value in dict.items(tree) if key in tree.read}
    if isinstance(tree, list):
        return [read_part(item) for item in tree]
    return tree
