"""Certificates on disk: exact round trip, independent checking, and no tampering."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import stabproof as sp
from certify import Enclosure
from certify.certificate import from_bytes, read_certificate, to_bytes


@pytest.fixture(scope="module")
def certificate(network):
    return sp.certify_minimum(network, sp.GradientDescent(0.01))


@pytest.fixture
def path(certificate, tmp_path):
    certificate.save(tmp_path / "m.json")
    return tmp_path / "m.json"


def test_round_trip(certificate, path):
    again = read_certificate(path)
    assert again.outcome == certificate.outcome
    assert again.input_hash == certificate.input_hash
    np.testing.assert_array_equal(again.problem["params"], certificate.problem["params"])
    assert sp.check(path).verdict is certificate.verdict


def test_checking_needs_neither_jax_nor_the_network(path):
    program = (
        "import sys\n"
        "for name in ('jax', 'jaxlib', 'equinox', 'optax'): sys.modules[name] = None\n"
        "import stabproof\n"
        f"print(stabproof.check({str(path)!r}).verdict.name)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "STABLE"


def leaves(value, path=()):
    """Every number and text of a JSON value with its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path, value


def changed(value, path, new):
    if not path:
        return new
    head, *rest = path
    if isinstance(value, dict):
        return {key: changed(item, rest, new) if key == head else item for key, item in value.items()}
    return [changed(item, rest, new) if index == head else item for index, item in enumerate(value)]


def test_every_changed_leaf_is_rejected(path):
    record = json.loads(path.read_text())
    for where, old in leaves(record):
        new = (not old) if isinstance(old, bool) else (old + 1 if isinstance(old, int) else f"{old or ''}x")
        with pytest.raises(sp.CertificateError):
            from_bytes(json.dumps(changed(record, where, new)).encode())


def resigned(certificate):
    """A forger's file: changed content with a fresh digest."""
    return from_bytes(to_bytes(certificate))


def test_a_forged_claim_is_caught_by_the_proof(certificate):
    def narrowed(claim):
        return replace(claim, enclosure=Enclosure(claim.enclosure.lower, claim.enclosure.midpoint))

    claims = tuple(narrowed(c) if c.name == "sharpness" else c for c in certificate.claims)
    forged = resigned(replace(certificate, outcome=replace(certificate.outcome, claims=claims)))
    with pytest.raises(sp.CertificateError, match="sharpness"):
        sp.check(forged)


def test_a_forged_verdict_is_caught(certificate):
    forged = resigned(replace(certificate, outcome=replace(certificate.outcome, verdict=sp.Verdict.UNSTABLE)))
    with pytest.raises(sp.CertificateError, match="UNSTABLE"):
        sp.check(forged)


def test_forged_parameters_are_caught(certificate):
    params = certificate.problem["params"].copy()
    params[0] += 1e-3
    with pytest.raises(sp.CertificateError):
        sp.check(resigned(replace(certificate, problem={**certificate.problem, "params": params})))


@pytest.mark.parametrize("name", ["point", "inverse_gram"])
def test_a_forged_witness_is_caught(certificate, name):
    spoiled = np.zeros_like(certificate.witness[name])
    with pytest.raises(sp.CertificateError):
        sp.check(resigned(replace(certificate, witness={**certificate.witness, name: spoiled})))


def test_a_forged_hypothesis_is_caught(certificate):
    hypotheses = tuple(replace(h, status=sp.Status.PROVED) for h in certificate.hypotheses)
    forged = resigned(replace(certificate, outcome=replace(certificate.outcome, hypotheses=hypotheses)))
    with pytest.raises(sp.CertificateError, match="H2"):
        sp.check(forged)


@pytest.mark.parametrize("content", [b"", b"{}", b"[1, 2]", b"not json", b"\xff\xfe", b"[" * 100_000])
def test_files_that_are_no_certificates(content, tmp_path):
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    with pytest.raises(sp.CertificateError):
        sp.check(path)


def test_a_missing_file(tmp_path):
    with pytest.raises(sp.InputError, match="cannot read"):
        sp.check(tmp_path / "nothing.json")


def test_a_pickled_array_is_never_loaded(path, certificate):
    import base64
    import io

    stream = io.BytesIO()
    np.save(stream, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    record = json.loads(path.read_text())
    record["problem"]["params"] = {"$array": base64.b64encode(stream.getvalue()).decode()}
    with pytest.raises(sp.CertificateError):
        from_bytes(json.dumps(record).encode())


def test_saving_where_nothing_can_be_written(certificate, tmp_path):
    with pytest.raises(sp.InputError, match="cannot write"):
        certificate.save(tmp_path / "no" / "folder" / "m.json")


def test_a_killed_run_leaves_no_half_file(certificate, tmp_path):
    """The process is killed while it writes in a loop; the file is absent or whole at every moment."""
    target = tmp_path / "m.json"
    (tmp_path / "source.json").write_bytes(to_bytes(certificate))
    program = (
        "from foundation import write_atomically\n"
        f"data = open({str(tmp_path / 'source.json')!r}, 'rb').read()\n"
        "print('ready', flush=True)\n"
        f"while True: write_atomically({str(target)!r}, data)\n"
    )
    for wait in (0.01, 0.03, 0.07):
        process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
        process.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(wait)
        process.kill()
        process.communicate()
        if target.exists():
            assert read_certificate(target).input_hash == certificate.input_hash


def test_sgd_is_never_certified_at_a_minimum_that_leaves_residuals():
    """A forged witness that takes the route of strict minima must not turn SGD into gradient descent."""
    from certify.minimum import prove_minimum

    problem = sp.Regression(lambda t, x: t * x, np.zeros(()), np.ones(2), np.array([1.0, -1.0]))
    honest = sp.certify_minimum(problem, sp.GradientDescent(0.1))
    forged = {**honest.problem, "optimizer": {"name": "sgd", "learning_rate": 0.1, "batch_size": 1, "momentum": 0.0}}
    outcome = prove_minimum(forged, honest.witness)
    assert honest.verdict is sp.Verdict.STABLE
    assert outcome.verdict is sp.Verdict.UNDECIDED
    assert "fixed points of SGD" in outcome.reason
