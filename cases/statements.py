"""What the sources state about each system, and what stands of it here (`statements.toml`)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import final


@final
class StatementStatus(Enum):
    """DERIVED: by steps that exact arithmetic decides. PROVED: by interval arithmetic. CITED: not proved here.

    ERRATUM: cannot hold as printed, and the report proves that.
    """

    DERIVED = "derived"
    PROVED = "proved"
    CITED = "cited"
    ERRATUM = "erratum"


@final
@dataclass(frozen=True)
class Statement:
    """One statement of a source. place: where it stands. by: a derivation's title, a quantity, an erratum's number."""

    place: str
    text: str
    status: StatementStatus
    by: str = ""


@cache
def statements() -> Mapping[str, tuple[Statement, ...]]:
    """The statements of every system by its name; raises `ValueError` for a status that is none of the four."""
    tables = tomllib.loads(Path(__file__).with_name("statements.toml").read_text(encoding="utf-8"))
    return MappingProxyType({name: tuple(_statement(row) for row in rows) for name, rows in tables.items()})


def _statement(row: Mapping[str, str]) -> Statement:
    return Statement(row["place"], row["text"], StatementStatus(row["status"]), row.get("by", ""))
