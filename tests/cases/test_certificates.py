"""Each architecture hands out a certificate that is checked from its file alone; its claims hold, by mpmath."""

import json

import mpmath
import pytest

from cases import case
from certify.certificate import check
from certify.verdict import Verdict
from foundation import CertificateError
from stabproof.comparison import crosscheck
from stabproof.tasks import run_task

_E3 = mpmath.e**3


@pytest.mark.parametrize(
    ("name", "parameters", "claim", "truth"),
    [
        ("resnet", {"horizon": 2}, "coordinate_1", mpmath.e**2),
        ("resnet", {"horizon": 2}, "coordinate_2", 2 * mpmath.e**2),  # T^2 e^T / 2
        ("resnet", {"activation": "tanh"}, "coordinate_1", mpmath.asinh(mpmath.e * mpmath.sinh(1))),
        ("denseresnet", {}, "spectral_radius", mpmath.phi),
        ("neural-ode", {"field": "logistic", "start": "1/2", "time": 3}, "coordinate_1", _E3 / (1 + _E3)),
        ("neural-ode", {"field": "logistic", "start": "1/2", "time": 3}, "derivative_1_1", 4 * _E3 / (1 + _E3) ** 2),
        ("embedding", {"target": "exp(x1) - x2^3", "point": "1,1/3"}, "coordinate_3", mpmath.e - mpmath.mpf(1) / 27),
        # 1 - 3 k/2 + k^2/8 and 1 - 2 k + k^2/2
        ("neural-dde", {"horizon": "3/2"}, "value_1", 6 - 2 * mpmath.sqrt(7)),
        ("memory-capacity", {}, "value_1", 2 - mpmath.sqrt(2)),
    ],
)
def test_the_certificate_is_checked_and_holds(name, parameters, claim, truth, tmp_path):
    task = case(name).certified(case(name).values(parameters)).tasks[0]
    certificate = run_task(task)
    assert certificate.verdict is not Verdict.UNDECIDED
    found = certificate.number(claim)
    assert found.lower <= truth <= found.upper
    assert found.upper - found.lower < 1e-13
    certificate.save(tmp_path / "certificate.json")
    assert check(tmp_path / "certificate.json").verdict is certificate.verdict


def test_a_tampered_claim_is_refused(tmp_path):
    (task,) = case("neural-ode").certified(case("neural-ode").values({})).tasks
    file = tmp_path / "certificate.json"
    run_task(task).save(file)
    content = json.loads(file.read_text())
    claim = next(claim for claim in content["claims"] if claim["name"] == "coordinate_1")
    key = next(key for key, value in claim.items() if isinstance(value, dict))
    claim[key] = {"$enclosure": [(0.25).hex(), (0.5).hex()], "digits": "[0.25, 0.5]"}
    file.write_text(json.dumps(content))
    with pytest.raises(CertificateError):
        check(file)


def test_the_error_follows_from_the_certificate():
    """L (h(T) - h_L) for one tanh neuron: the certificate's h(T) against the closed form."""
    given = {"activation": "tanh", "inner": "1;1", "outer": "1/2,1/2", "bias": "0,0", "layers": 8}
    checked = crosscheck("resnet", **given)
    assert checked.agrees
    layer = mpmath.mpf(1)
    for _ in range(8):
        layer += mpmath.tanh(layer) / 8
    truth = 8 * (mpmath.asinh(mpmath.e * mpmath.sinh(1)) - layer)
    found = next(row.certified for row in checked.rows if row.quantity == "L times the error, neuron 1")
    assert found.lower <= truth <= found.upper
    assert found.upper - found.lower < 1e-13
