"""Results as one JSON document that every parser reads: no NaN and no Infinity."""

import json
import math
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from certify.certificate import Certificate


def print_json(value: Any) -> None:
    """Print the value; JSON has no infinite numbers, so that they become the texts "inf", "-inf" and "nan"."""
    typer.echo(json.dumps(_representable(value), indent=1, allow_nan=False))


def claimed_numbers(certificate: "Certificate") -> dict[str, Any]:
    """For each claim its bounds; null where the claim has no number."""
    return {claim.name: proved_value(claim.enclosure) for claim in certificate.claims}


def proved_value(value: Any) -> Any:
    """A verdict's name, or the two bounds of an enclosure; null for nothing."""
    if value is None:
        return None
    return getattr(value, "name", None) or {"lower": value.lower, "upper": value.upper}


def _representable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _representable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_representable(item) for item in value]
    return str(float(value)) if isinstance(value, float) and not math.isfinite(value) else value
