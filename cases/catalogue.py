"""What a reader sees of each system before it is loaded: title, source, summary, parameters (`catalogue.toml`)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, final


@final
@dataclass(frozen=True)
class Entry:
    """One system of the catalogue. module: where its `CASE` is defined. parameters: name -> (default, meaning)."""

    name: str
    module: str
    title: str
    group: str
    source: str
    summary: str
    parameters: Mapping[str, tuple[Any, str]]


@cache
def entries() -> Mapping[str, Entry]:
    """All systems by name, in the order of the gallery."""
    tables = tomllib.loads(Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8"))
    return MappingProxyType({name: _entry(name, table) for name, table in tables.items()})


def _entry(name: str, table: Mapping[str, Any]) -> Entry:
    declared = {p["name"]: (p.get("default"), p["meaning"]) for p in table.get("parameters", ())}
    texts = {key: table[key] for key in ("module", "title", "group", "source")}
    return Entry(name=name, summary=" ".join(table["summary"].split()), parameters=declared, **texts)
