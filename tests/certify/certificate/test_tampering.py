"""Every field of every kind changed, one at a time and in pairs: refused, or what is shown is what the prover finds."""

import json
import math

import numpy as np
import pytest

import stabproof as sp
from certify.certificate import checker, from_bytes, issue, to_bytes
from certify.certificate.checker import prover
from certify.certificate.comparison import compared, implies
from certify.certificate.encoding import encode
from certify.effort import counting

QUICK = 3.0  # units of work: what honest certificates of these sizes need is far below
EACH, PLACES, PAIRS = 2, 12, 8


def verified(data):
    """The checked certificate, or None where it is refused by a sentence."""
    try:
        return sp.check(from_bytes(data), budget=QUICK)
    except sp.CertificateError as error:
        sentence = str(error)
    assert "\n" not in sentence
    assert len(sentence) < 900
    return None


def demand_truth(shown):
    """Whatever a check lets pass shows what its own prover finds from the same data."""
    with counting(2 * QUICK), np.errstate(all="ignore"):
        found = prover(shown.kind)(shown.problem, shown.witness)
    assert shown.verdict is found.verdict
    assert (shown.theorem, shown.reason, shown.next_step) == (found.theorem, found.reason, found.next_step)
    assert shown.hypotheses == found.hypotheses
    assert [(c.name, c.statement, c.unit) for c in shown.claims] == [
        (c.name, c.statement, c.unit) for c in found.claims
    ]
    for claim, own in zip(shown.claims, found.claims, strict=True):
        if own.enclosure is not None:
            assert implies(own, claim.enclosure), (claim, own)
    point = shown.witness.get("point")
    if point is not None and "coordinates" in shown.witness and shown.problem.get("restriction") == "none":
        assert np.array_equal(point, shown.witness["coordinates"])
    demand_true_eigenvalues(shown)


def demand_true_eigenvalues(shown):
    """Every disc shown holds eigenvalues, and the extreme one is within what is claimed of the extremes."""
    if shown.kind != "equilibrium" or shown.eigenvalues is None:
        return
    found = shown.eigenvalues
    assert (found.counts >= 1).all()
    assert found.counts.sum() == found.dimension
    name = "spectral_radius" if shown.number("spectral_abscissa") is None else "spectral_abscissa"
    extreme, own = shown.number(name), getattr(found, name)
    assert own.lower <= extreme.upper
    assert extreme.lower <= own.upper


@pytest.fixture
def proofs_run_once(monkeypatch):
    """What a file states is compared with a proof of its data: the same data under the same budget are proved once."""
    repeat, known = checker._repeated, {}

    def once(stored, budget):
        data = json.dumps([encode(dict(stored.problem)), encode(dict(stored.witness))], sort_keys=True)
        key = stored.kind, stored.format, budget, data
        if key not in known:
            known[key] = repeat(stored, budget)
        return known[key]

    monkeypatch.setattr(checker, "_repeated", once)


def test_each_field_of_problem_and_witness(name, honest, forging):
    """Forged numbers of the witness may prove less; forged numbers of the problem state another one."""
    certificate = honest[name]
    record = json.loads(to_bytes(certificate))
    rng = np.random.default_rng(0)
    passed = 0
    for part in ("problem", "witness"):
        tree = getattr(certificate, part)
        places = list(forging.leaves(tree))
        for path, value in [places[k] for k in rng.permutation(len(places))[:PLACES]]:
            forged = forging.forgeries(value, rng)
            for other in [forged[k] for k in rng.permutation(len(forged))[:EACH]]:
                passed += _tried(forging, record, part, forging.changed(tree, path, other))
    assert passed >= 0


def test_pairs_of_fields(name, honest, forging):
    certificate = honest[name]
    record = json.loads(to_bytes(certificate))
    rng = np.random.default_rng(1)
    tree = certificate.witness
    places = list(forging.leaves(tree))
    if not places:
        pytest.skip("its proof needs no witness")
    for _ in range(PAIRS):
        (first, a), (second, b) = (places[k] for k in rng.integers(len(places), size=2))
        if first == second:
            continue
        one, two = forging.forgeries(a, rng), forging.forgeries(b, rng)
        twice = forging.changed(tree, first, one[rng.integers(len(one))])
        _tried(forging, record, "witness", forging.changed(twice, second, two[rng.integers(len(two))]))


def _tried(forging, record, part, tree):
    """Whether the forged file passes, which it may with the truth alone."""
    data = forging.fresh(record, tree) if part == "problem" else forging.resigned({**record, "witness": encode(tree)})
    shown = verified(data)
    if shown is not None:
        demand_truth(shown)
    return shown is not None


def test_added_and_removed_entries(name, honest, forging):
    certificate = honest[name]
    record = json.loads(to_bytes(certificate))
    for part in ("problem", "witness"):
        tree = getattr(certificate, part)
        for path, found in forging.dicts(tree):
            assert not _tried(
                forging, record, part, forging.changed(tree, path, {**found, "remark": "stable under Adam"})
            ), path
            for key in found:
                _tried(forging, record, part, forging.changed(tree, path, {k: v for k, v in found.items() if k != key}))


@pytest.mark.usefixtures("proofs_run_once")
def test_what_is_stated(name, honest, forging):
    """Verdict, sentences, numbers, statuses, recorded facts: nothing can be changed, added or left out."""
    certificate = honest[name]
    record = json.loads(to_bytes(certificate))
    rng = np.random.default_rng(2)
    places = list(_texts({k: v for k, v in record.items() if k not in {"problem", "witness", "digest"}}))
    for path, value in [places[k] for k in rng.permutation(len(places))[: 2 * PLACES]]:
        others = _other_texts(path, value)
        for other in [others[k] for k in rng.permutation(len(others))[:EACH]]:
            shown = verified(forging.resigned(forging.changed(record, path, other)))
            if shown is None or path[0] in {"arithmetic", "software", "effort", "traced"}:
                continue
            demand_truth(shown)
            assert shown.outcome == sp.check(certificate).outcome or "enclosure" in path or "parameters" in path, path
    for path, found in forging.dicts({k: v for k, v in record.items() if k not in {"problem", "witness"}}):
        assert verified(forging.resigned(forging.changed(record, path, {**found, "remark": "x"}))) is None, path
        for key in found:
            if path in (("software",), ("traced",)):
                continue
            assert (
                verified(forging.resigned(forging.changed(record, path, {k: v for k, v in found.items() if k != key})))
                is None
            ), key
    for key in ("claims", "hypotheses"):
        if record[key]:
            assert verified(forging.resigned({**record, key: record[key][:-1]})) is None
            assert verified(forging.resigned({**record, key: [*record[key], record[key][-1]]})) is None
            if len(record[key]) > 1:
                assert verified(forging.resigned({**record, key: record[key][::-1]})) is None


def _texts(tree, path=()):
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _texts(value, (*path, key))
    elif isinstance(tree, list):
        for k, value in enumerate(tree):
            yield from _texts(value, (*path, k))
    else:
        yield path, tree


def _other_texts(path, value):
    if isinstance(value, str) and "$enclosure" in path:
        number = float.fromhex(value)
        return [x.hex() for x in (0.0, -number, number + 1, number * 0.5, math.inf, -math.inf)] + ["nan", "0x1", 1]
    if isinstance(value, str):
        return ["", "STABLE", "UNSTABLE", "PROVED", "ASSUMED", "exponent.top", value + "x", "a\x00b", "‮x", 1, None]
    return [0, -1, 2**62, "1", None, True]


def test_a_widened_count_is_refused(name, honest, forging):
    certificate = honest[name]
    record, found = json.loads(to_bytes(certificate)), checker._prove(certificate)
    for k, claim in enumerate(certificate.claims):
        if claim.number != "count":
            continue
        lower, upper = claim.enclosure.lower, claim.enclosure.upper
        for wider in {(lower - 1, upper), (lower, upper + 1), (lower, math.inf)} - {(lower, upper)}:
            forged = forging.changed(record, ("claims", k, "enclosure"), {"$enclosure": [x.hex() for x in wider]})
            with pytest.raises(sp.CertificateError, match="states"):
                compared(found, from_bytes(forging.resigned(forged)).outcome)


def test_a_disc_without_eigenvalues_is_refused(honest):
    """A forger restates all that the prover makes of it: an abscissa of 50, where there is no eigenvalue."""
    certificate = honest["equilibrium-flow"]
    discs = certificate.witness["discs"]
    far = {"real": 50.0, "imaginary": 0.0, "radii": 1.0, "counts": 0}
    forged = {key: np.append(discs[key], np.array(far[key], discs[key].dtype)) for key in discs}
    made = issue(certificate.kind, certificate.problem, {**certificate.witness, "discs": forged})
    assert made.eigenvalues is None
    spread = {**discs, "counts": np.array([3, -1])}
    assert issue(certificate.kind, certificate.problem, {**certificate.witness, "discs": spread}).eigenvalues is None
    assert len(certificate.eigenvalues) == 2


def test_a_point_apart_from_its_coordinates_is_refused(honest):
    certificate = honest["equilibrium-flow"]
    for off in (np.spacing(certificate.point[0]), 1e-9, 1.0):
        witness = {**certificate.witness, "point": certificate.point + np.array([off, 0.0])}
        with pytest.raises(sp.CertificateError, match="away from the coordinates"):
            issue(certificate.kind, certificate.problem, witness)


def test_settings_of_another_optimiser_are_refused(honest, forging):
    certificate = honest["minimum-gd"]
    record = json.loads(to_bytes(certificate))
    for name, value in (("momentum", 0.97), ("b1", 0.5), ("eps", 1e-8), ("batch_size", 1), ("note", 1.0)):
        settings = {**certificate.problem["optimizer"], name: value}
        with pytest.raises(sp.CertificateError, match=name):
            sp.check(from_bytes(forging.fresh(record, {**certificate.problem, "optimizer": settings})))


def test_provers_are_all_tampered_with(honest):
    assert {certificate.kind for certificate in honest.values()} == set(checker.PROVERS)
