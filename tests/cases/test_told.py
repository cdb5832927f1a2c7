"""Sentences state what was computed: the claims in captions and remarks, against exact values, at corners too."""

import re
from fractions import Fraction

import numpy as np
import pytest
import sympy

import stabproof as sp
from cases import case, case_names
from cases.common.plot import Plot, Series
from cases.common.told import Branches, Percentage, Place, Range, Stabilities, Told
from stabproof.reports.figure import svg


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (Range(1.0, 2.0), "between 1 and 2"),
        (Range(1.0, 1.0000000001), "at 1"),
        (Range(-2.2e-16, -2.2e-16, 1.0), "at 0"),
        (Range(-2.2e-16, 0.5, 1.0), "between 0 and 0.5"),
        (Range(-2.2e-16, 2.2e-16), "between -2.2e-16 and 2.2e-16"),
        (Stabilities((-1.0, 2.0, -3.0)), "2 stable and 1 unstable"),
        (Stabilities((0.0,)), "0 stable, 0 unstable and 1 neutral to first order"),
        (Stabilities((1e-12, 1e-3), 1.0), "0 stable, 1 unstable and 1 neutral to first order"),
        (Branches((1, 1, 2, 40)), "one value for 2, 2 to 12 for 1, more for 1"),
        (Place((Fraction(3), Fraction(1, 3))), "(3, 1/3)"),
        (Place((0.1 + 0.2, 1e-20), 3), "(0.3, 1e-20)"),
    ],
)
def test_the_words_of_a_claim(claim, words):
    assert str(claim) == words
    assert claim.values


def test_a_text_carries_its_claims():
    told = Told.of("From {} to {}.", Place((1.0,)), Range(0.0, 1.0))
    assert told == "From (1) to between 0 and 1."
    assert isinstance(told, str)
    assert [type(claim) for claim in told.claims] == [Place, Range]
    with pytest.raises(ValueError, match="2 places for 1"):
        Told.of("{} {}", Place((1.0,)))


def remarks_and_captions(name, **parameters):
    found = case(name)
    values = found.values(parameters)
    view = found.numeric(values)
    return values, [*view.remarks, *(plot.alternative for plot in view.plots)]


def claims_of(texts, kind):
    return [claim for text in texts if isinstance(text, Told) for claim in text.claims if isinstance(claim, kind)]


def test_a_start_on_the_hyperbola_is_told_as_a_fixed_point():
    """3 * 1/3 = 1 exactly; the float next to 1/3 is no minimum and would leave it."""
    values, texts = remarks_and_captions("hyperbola", start="3,1/3")
    assert "fixed point" in texts[0]
    assert texts[0].claims[0].point == values["start"]
    places = claims_of(texts[1:], Place)
    assert np.allclose(places[0].point, places[1].point, atol=0, rtol=0)


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        # the origin of one neuron with gain 1 attracts everything, and its eigenvalue is 0
        ("1", {"stable": 0, "unstable": 0, "neutral": 1}),
        # x' = -x: one equilibrium with eigenvalue -1
        ("0", {"stable": 1, "unstable": 0, "neutral": 0}),
        # x' = -x + 2 tanh x: the origin with eigenvalue 1, and two others with 2 (1 - (x/2)^2) - 1 < 0
        ("2", {"stable": 2, "unstable": 1, "neutral": 0}),
    ],
)
def test_the_equilibria_of_one_neuron_are_counted(weights, expected):
    _, texts = remarks_and_captions("hopfield", weights=weights, large=100)
    assert claims_of(texts, Stabilities)[0].values == expected


def test_equal_oscillators_have_equal_phases():
    _, texts = remarks_and_captions("kuramoto", nodes=5, frequencies="1")
    phases, order = claims_of(texts, Range)
    assert phases.is_one_number
    assert str(order) == "at 1"


def test_the_weights_of_a_constant_graphon_are_one_number():
    _, texts = remarks_and_captions("graphon", graphon="constant", weight="1/3", nodes=6, nystrom=10)
    (found,) = claims_of(texts, Range)
    assert found.is_one_number
    assert found.values["lower"] == pytest.approx(float(sympy.Rational(1, 3)), rel=1e-12)


def test_one_cycle_is_listed_once():
    """Two equal classes: the map is odd, and its 2-cycle (a, -a) has one loss twice, so that no point begins it."""
    found = case("saturated-map")
    values = found.values({"shares": "1,1", "kappa": 8, "horseshoe": "no"})
    names = list(found.certified(values).values)
    assert sum(name.endswith("loss 1") for name in names) == 1


def test_summaries_do_not_speak_of_one_run():
    """A summary is shown with every run: what it says must hold for all parameters."""
    for name in case_names():
        summary = case(name).summary
        for word in ("align exactly when", "converges only to", "stable exactly for |q|", "becomes chaotic"):
            assert word not in summary, name


def test_one_agent_has_a_singular():
    _, texts = remarks_and_captions("hegselmann-krause", start="1/3", crowd=2)
    words = " ".join(str(text) for text in texts)
    assert "0 events until" in words
    assert "the end of 1 agent is at 0.3333." in words
    assert "1 agents" not in words


# runs in which something is 0, equal, or alone, and what a caption or remark of theirs must say
CORNERS = [
    ("second-moment", {"multipliers": "0,2"}, "Each of six random paths meets the multiplier 0, and is 0"),
    ("backprop", {"parameter": 4, "steps": 5}, "reaches 0 at its beginning"),
    ("backprop", {"parameter": 3, "steps": 1}, "gives 1 derivative; 1 forward pass"),
    ("denseresnet", {"coefficients": "-1,1", "start": 0}, "All layers are 0"),
    (
        "boltzmann",
        {"couplings": 1, "biases": 1, "large": 20},
        "below 1e-14 after 8 steps; the second largest modulus is 0.",
    ),
    (
        "boltzmann-learning",
        {"neurons": 2, "data": "1/4,1/4,1/4,1/4", "steps": 3},
        "from at most 1e-16 to at most 1e-16",
    ),
    ("hopfield-discrete", {"weights": "0,1;1,0", "large": 64}, "among them 1 fixed point."),
    ("hmm", {"transition": "1", "emission": "1", "length": 100}, "the second largest modulus of the hidden chain"),
    (
        "hmm",
        {"transition": "0,1;1,0", "emission": "1/2,1/2;1/2,1/2", "length": 100},
        "is 1 at first and 1 after 40 steps",
    ),
    ("strict-minimum", {"curvatures": "2", "learning_rate": 1, "quartic": 1}, "beyond which it leaves the picture"),
    (
        "strict-minimum",
        {"curvatures": "2", "learning_rate": 1, "quartic": 0},
        "over 200 steps: it starts at 0.1 and ends at 0.1.",
    ),
]


@pytest.mark.parametrize(("name", "parameters", "words"), CORNERS)
def test_captions_at_corners(name, parameters, words):
    _, texts = remarks_and_captions(name, **parameters)
    assert words in " ".join(map(str, texts))
    assert not [text for text in texts if re.search(r"(?<![\w.])-0(\.0*)?(?![.\d])", str(text))]


def test_a_network_without_memory_and_without_weights_is_stable_everywhere():
    _, texts = remarks_and_captions("rnn", a="0", b="0")
    assert claims_of(texts, Percentage)[0].values == {"part": 1.0}


def test_a_logarithmic_axis_without_a_number_above_zero_is_drawn():
    nothing = Plot("Nothing", "x", "y", (Series("line", np.arange(3), np.zeros(3), "0"),), "zeros", {"log_y": True})
    assert "<svg" in svg(nothing)


@pytest.mark.parametrize(("scale", "told"), [("1/2", False), ("2", True)])
def test_a_certificate_of_another_loss_says_so(scale, told):
    """The certificates are of (1 - t1 t2)^2/2: for another factor their sharpness is not that of the system."""
    found = case("hyperbola")
    view = found.certified(found.values({"scale": scale, "learning_rate": "1/8"}))
    assert all(("of L/(2 k)" in task.label) is told for task in view.tasks)


def test_the_loss_of_a_strict_minimum_has_its_quartic_term():
    x, y = sympy.symbols("t1 t2", real=True)
    found = case("strict-minimum")
    whole = found.symbolic(found.values({"curvatures": "1,4", "quartic": "-1"})).derivations
    (definition, _), *_ = (found.steps for found in whole)
    assert sympy.expand(definition.check.value - (x**2 / 2 + 2 * y**2 - y**4 / 4)) == 0


def test_an_exponent_that_is_proved_to_be_zero_is_told_so():
    certificate = sp.lyapunov_exponent([[[2.0]], [[0.5]]])
    assert certificate.verdict.name == "UNDECIDED"
    assert "exactly 0" in str(certificate.reason)
    assert "does not decide its sign" not in str(certificate.reason)
