"""Holds what is proved here against what the certificate states."""

import math
from dataclasses import replace

from flint import arb

from recheck.document import Bounds
from recheck.meanings import HYPOTHESES, THEOREMS, claim_name, unproved_words
from recheck.outcome import Line, Standing
from recheck.proof import Claim, Proof, Statement

_OPEN = ("UNDECIDED", "REFUTED")


def compare(statement: Statement, proof: Proof) -> list[Line]:
    """One line for the verdict, each claim and each hypothesis."""
    lines = [_verdict(statement, proof)]
    lines += [_claim(claim, proof) for claim in statement.claims]
    lines += [_hypothesis(name, *given, proof) for name, given in statement.hypotheses.items()]
    if statement.verdict != "UNDECIDED":
        lines.append(_theorem(statement, proof))
        missing, why = sorted(proof.needed - set(statement.hypotheses)), "the verdict needs it, but it is not listed"
        lines += [Line(f"hypothesis {name}", Standing.REFUSED, reason=why) for name in missing]
    return lines


def encloses(stated: Bounds, own: arb) -> bool:
    """Whether the ball lies inside the stated bounds."""
    below = stated.lower == -math.inf or bool(own.lower() >= arb(stated.lower))
    above = stated.upper == math.inf or bool(own.upper() <= arb(stated.upper))
    return below and above and not own.is_nan()


def disjoint(stated: Bounds, own: arb) -> bool:
    """Whether the ball and the stated bounds have no number in common."""
    above = stated.upper != math.inf and bool(own.lower() > arb(stated.upper))
    below = stated.lower != -math.inf and bool(own.upper() < arb(stated.lower))
    return above or below


def _verdict(statement: Statement, proof: Proof) -> Line:
    name = f"verdict {statement.verdict}"
    if statement.verdict == "UNDECIDED":
        return Line(name, Standing.CONFIRMED, reason="it states nothing")
    if proof.verdict == statement.verdict:
        broken = [n for n in proof.needed - proof.open if statement.hypotheses.get(n, ("",))[0] in _OPEN]
        if broken:
            return Line(name, Standing.REFUSED, reason=f"the hypothesis {broken[0]} is left open")
        return Line(name, Standing.CONFIRMED)
    note = proof.notes.get("verdict", "")
    if not proof.verdict and "verdict" in proof.weak:
        return Line(name, Standing.NOT_COVERED, reason=note or "the own method does not decide it")
    found = f"proved is {proof.verdict}" if proof.verdict else "it is not proved"
    return Line(name, Standing.REFUSED, reason=note or found)


def _claim(claim: Claim, proof: Proof) -> Line:
    stated = None if claim.bounds is None else (claim.bounds.lower, claim.bounds.upper)
    note = proof.notes.get(claim.name, "")
    known = claim_name(claim.identifier, claim.parameters)
    if known is None:
        return Line(claim.name, Standing.NOT_COVERED, stated, reason=f"{claim.identifier[:60]} is not known")
    if known != claim.name:
        return Line(claim.name, Standing.REFUSED, stated, reason="its name does not belong to what it says")
    wrong = unproved_words(claim, proof.said.get(claim.name, {}))
    if wrong:
        standing = Standing.REFUSED if "but proved is" in wrong else Standing.NOT_COVERED
        return Line(claim.name, standing, stated, reason=wrong)
    if claim.name in proof.bounds and claim.bounds is not None:
        if proof.bounds[claim.name](claim.bounds):
            return Line(claim.name, Standing.CONFIRMED, stated)
        standing = Standing.NOT_COVERED if claim.name in proof.weak else Standing.REFUSED
        return Line(claim.name, standing, stated, reason=note or "the own method does not prove it")
    own = proof.values.get(claim.name)
    if own is None:
        return Line(claim.name, Standing.NOT_COVERED, stated, reason=note or "no own proof of this claim")
    if claim.bounds is None:
        return Line(claim.name, Standing.CONFIRMED)
    shown = (_shown(own.lower()), _shown(own.upper()))
    is_count = claim.name.endswith("_directions") or claim.name in ("morse_class", "clusters")
    if is_count and claim.bounds.lower != claim.bounds.upper:
        return Line(claim.name, Standing.REFUSED, stated, shown, reason="a count is stated as one number")
    if claim.name in proof.never_negative and own.lower() < 0 and claim.bounds.lower <= 0:
        own = own.upper().union(arb(0)) if own.upper() > 0 else arb(0)
        claim = replace(claim, bounds=Bounds(-math.inf, claim.bounds.upper))
    assert claim.bounds is not None
    if encloses(claim.bounds, own):
        return Line(claim.name, Standing.CONFIRMED, stated, shown, _sharper(claim.bounds, own))
    if disjoint(claim.bounds, own):
        return Line(claim.name, Standing.REFUSED, stated, shown, reason="the own enclosure contradicts it")
    # an enclosure holds more than a number that is stated exactly
    if claim.name in proof.weak or claim.bounds.lower == claim.bounds.upper:
        return Line(claim.name, Standing.NOT_COVERED, stated, shown, reason=note or "the own enclosure is wider")
    return Line(claim.name, Standing.REFUSED, stated, shown, reason=note or "the own enclosure is not inside")


def _theorem(statement: Statement, proof: Proof) -> Line:
    """Whether the named theorem is one that leads to the verdict, and for this problem."""
    name = f"theorem {statement.theorem[:60]}"
    if proof.theorem in ("", statement.theorem) and (statement.kind, statement.verdict, statement.theorem) in THEOREMS:
        return Line(name, Standing.CONFIRMED)
    return Line(name, Standing.REFUSED, reason="it does not lead to this verdict")


def _hypothesis(name: str, status: str, identifier: str, proof: Proof) -> Line:
    label = f"hypothesis {name} {status}"
    if HYPOTHESES.get(identifier) != name:
        return Line(label, Standing.NOT_COVERED, reason=f"{identifier[:60]} is not known")
    if status == "PROVED":
        if name in proof.proved:
            return Line(label, Standing.CONFIRMED)
        standing = Standing.REFUSED if name in proof.refuted else Standing.NOT_COVERED
        return Line(label, standing, reason=proof.notes.get(name, "no own proof of it"))
    if status == "NOT_NEEDED" and name not in proof.not_needed:
        return Line(label, Standing.REFUSED, reason="the own theorem needs it")
    return Line(label, Standing.CONFIRMED)


def _shown(x: arb) -> str:
    return str(x.str(25, radius=False)) if x.is_finite() else str(float(x))


def _sharper(stated: Bounds, own: arb) -> float | None:
    """The stated width over the own one; infinite for an exact own value, None where a side is unbounded."""
    if math.isinf(stated.lower) or math.isinf(stated.upper):
        return None
    width, own_width = arb(stated.upper) - arb(stated.lower), own.upper() - own.lower()
    if width.is_zero():
        return 1.0
    return math.inf if own_width.is_zero() else float((width / own_width).mid())
