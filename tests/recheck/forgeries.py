"""Ways to make a certificate say something false, and to seal it again. Each returns whether it changed something."""

import base64
import hashlib
import json
import math
import random
import struct
from collections.abc import Callable
from typing import Any

from recheck.document import canonical

Plain = dict[str, Any]


def sealed(plain: Plain) -> bytes:
    """The file of a changed object, with hashes that fit."""
    body = {key: value for key, value in plain.items() if key != "digest"}
    body["input_hash"] = hashlib.sha256(canonical(body["problem"])).hexdigest()
    return json.dumps({**body, "digest": hashlib.sha256(canonical(body)).hexdigest()}).encode()


def _bounded(plain: Plain) -> list[tuple[Plain, float, float]]:
    """Claims with two finite bounds that are no promise: moved, they are false."""
    found = []
    for claim in plain["claims"]:
        if claim["enclosure"] is None:
            continue
        low, high = (float.fromhex(x) for x in claim["enclosure"]["$enclosure"])
        if math.isfinite(high - low) and (low < high or claim["name"].endswith("directions")):
            found.append((claim, low, high))
    return found


def _move(plain: Plain, source: random.Random) -> bool:
    """A number is moved by more than its width."""
    claims = _bounded(plain)
    if not claims:
        return False
    claim, low, high = source.choice(claims)
    by = source.choice([-1, 1]) * max(1.5 * (high - low), 0.01 * abs(low), 1.0 if low == high else 0.0)
    claim["enclosure"]["$enclosure"] = [(low + by).hex(), (high + by).hex()]
    return low + by > low if low == 0 else True


def _narrow(plain: Plain, source: random.Random) -> bool:
    """An enclosure is cut down to one of its ends, which no proof reaches."""
    claims = [entry for entry in _bounded(plain) if entry[1] < entry[2] and entry[1] != 0]
    if not claims:
        return False
    claim, low, high = source.choice(claims)
    end = source.choice([low, high])
    claim["enclosure"]["$enclosure"] = [end.hex(), end.hex()]
    return True


def _verdict(plain: Plain, source: random.Random) -> bool:
    """Another verdict."""
    if plain["verdict"] == "UNDECIDED":
        return False
    others = {"STABLE", "UNSTABLE", "PROVED", "REFUTED"} - {plain["verdict"]}
    plain["verdict"] = source.choice(sorted(others))
    return True


def _opposite(plain: Plain, source: random.Random) -> bool:
    """The opposite verdict with the theorem that belongs to it."""
    other = {"STABLE": "UNSTABLE", "UNSTABLE": "STABLE"}.get(plain["verdict"])
    if other is None:
        return False
    plain["theorem"]["id"] = plain["theorem"]["id"].replace(plain["verdict"].lower(), other.lower())
    plain["verdict"] = other
    return True


def _theorem(plain: Plain, source: random.Random) -> bool:
    """A theorem that does not lead to the verdict."""
    if plain["verdict"] == "UNDECIDED":
        return False
    plain["theorem"] = {"id": source.choice(["opinions.events", "branch.theorem"]), "parameters": {}}
    return True


def _upgrade(plain: Plain, source: random.Random) -> bool:
    """An assumption is called proved."""
    # what the second program may well prove is left out
    assumed = [h for h in plain["hypotheses"] if h["status"] == "ASSUMED" and h["name"] not in ("regular", "H3")]
    if assumed:
        source.choice(assumed)["status"] = "PROVED"
    return bool(assumed)


def _skip(plain: Plain, source: random.Random) -> bool:
    """A proved hypothesis is called not needed."""
    proved = [h for h in plain["hypotheses"] if h["status"] == "PROVED" and h["name"] != "regular"]
    if proved:
        source.choice(proved)["status"] = "NOT_NEEDED"
    return bool(proved)


def _rename(plain: Plain, source: random.Random) -> bool:
    """Two claims exchange what they say."""
    if len({claim["id"] for claim in plain["claims"]}) < 2:
        return False
    first, second = source.sample(plain["claims"], 2)
    if first["id"] == second["id"]:
        return False
    first["id"], second["id"] = second["id"], first["id"]
    return True


def _invent(plain: Plain, source: random.Random) -> bool:
    """A claim of another kind is added."""
    other = {"$enclosure": [(0.0).hex(), (1.0).hex()]}
    plain["claims"].append({"name": "entropy", "id": "horseshoe.entropy", "parameters": {}, "enclosure": other})
    return True


def _parameter(plain: Plain, source: random.Random) -> bool:
    """A word or a number of a claim's sentence is changed."""
    worded = [
        (claim, key) for claim in plain["claims"] for key in claim["parameters"] if key not in ("engines", "side")
    ]
    worded = [(claim, key) for claim, key in worded if type(claim["parameters"][key]) is int]
    if not worded:
        return False
    claim, key = source.choice(worded)
    claim["parameters"][key] += 1
    return True


def _input(plain: Plain, source: random.Random) -> bool:
    """The parameters, the box or the matrices are others than those of the proof."""
    problem = plain["problem"]
    if "params" in problem:
        problem["params"]["$array"] = _shifted(problem["params"]["$array"])
    elif "box" in problem:
        problem["box"]["$ball"][0] = _shifted(problem["box"]["$ball"][0])
    else:
        return False
    return True


def _shifted(text: str) -> str:
    """The first entry of an array of floats is moved by a thousandth."""
    raw = bytearray(base64.b64decode(text))
    start = 10 + struct.unpack("<H", raw[8:10])[0]
    (value,) = struct.unpack_from("<d", raw, start)
    struct.pack_into("<d", raw, start, value + 1e-3 * (1 + abs(value)))
    return base64.b64encode(bytes(raw)).decode()


FORGERIES: dict[str, Callable[[Plain, random.Random], bool]] = {
    "a moved number": _move,
    "a number without its width": _narrow,
    "another verdict": _verdict,
    "the opposite theorem": _opposite,
    "a foreign theorem": _theorem,
    "a proved assumption": _upgrade,
    "a hypothesis that is not needed": _skip,
    "exchanged claims": _rename,
    "an invented claim": _invent,
    "another word": _parameter,
    "another input": _input,
}
