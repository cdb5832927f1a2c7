"""from_sbml: what SBML means, by hand; and libroadrunner's rates where these are right."""

import importlib.util
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy

import stabproof as sp
from numeric.precision import double_precision

pytest.importorskip("libsbml", reason="python-libsbml is not installed: the SBML reader is not tested")

_SPEC = importlib.util.spec_from_file_location("sbml_text", Path(__file__).with_name("sbml_text.py"))
text = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(text)
species, reaction, parameter, model = text.species, text.reaction, text.parameter, text.model
R = sympy.Rational


@pytest.fixture
def read(tmp_path):
    def reader(content):
        path = tmp_path / "model.xml"
        path.write_text(content)
        return sp.from_sbml(path)

    return reader


def rate_of(read, formula, **values):
    """What the rate rule x' = formula means at values of x, y."""
    kinds = "".join(parameter(name, 1.0, constant=name != "x") for name in ("x", "y"))
    system = read(model(parameters=kinds, rules=text.rate_rule("x", formula)))
    (rate,) = system.with_parameters(**{k: v for k, v in values.items() if k != "x"}).expressions
    return rate.xreplace({system.variables[0]: sympy.sympify(values["x"])})


def test_powers_are_those_of_the_tree(read):
    """Infix text would make -4 of (-2)^2, 2^(3^2) = 512 of (2^3)^2 = 64, and S^2 of -S^2."""
    assert rate_of(read, ("power", ("minus", "x"), 2), x=2) == 4
    assert rate_of(read, ("power", -2, 2), x=2) == 4
    assert rate_of(read, ("power", ("power", "x", 3), 2), x=2) == 64
    assert rate_of(read, ("power", "x", ("power", 3, 2)), x=2) == 512
    assert rate_of(read, ("minus", ("power", "x", 2)), x=3) == -9
    assert rate_of(read, ("minus", "x", ("minus", 1, "x")), x=3) == 5


def test_a_logarithm_without_base_is_decadic(read):
    assert sympy.simplify(rate_of(read, ("log", "x"), x=1000) - 3) == 0
    assert rate_of(read, ("ln", "x"), x=sympy.E) == 1
    base = "<apply><log/><logbase><cn type='integer'>2</cn></logbase><ci>x</ci></apply>"
    assert sympy.simplify(rate_of(read, base, x=8) - 3) == 0
    root = "<apply><root/><degree><cn type='integer'>3</cn></degree><ci>x</ci></apply>"
    assert rate_of(read, root, x=27) == 3
    assert rate_of(read, ("root", "x"), x=9) == 3


def test_pieces_and_functions(read):
    piece = (
        "<piecewise><piece><cn>1</cn><apply><lt/><ci>x</ci><cn>2</cn></apply></piece>"
        "<otherwise><ci>x</ci></otherwise></piecewise>"
    )
    assert [rate_of(read, piece, x=value) for value in (1, 2, 3)] == [1, 2, 3]
    square = "<math xmlns='http://www.w3.org/1998/Math/MathML'><lambda><bvar><ci>x</ci></bvar>"
    square += "<apply><power/><ci>x</ci><cn type='integer'>2</cn></apply></lambda></math>"
    functions = f'<functionDefinition id="f">{square}</functionDefinition>'
    rules = text.rate_rule("x", ("minus", ("@f", ("plus", "x", 1))))
    system = read(model(functions=functions, parameters=parameter("x", 2.0, False), rules=rules))
    assert system.expressions[0].xreplace({system.variables[0]: R(2)}) == -9


def test_concentrations_and_amounts(read):
    """A -> 2 B at rate k A (amount per time) with V = 1/2: the concentration of A obeys A' = -k A / V."""
    cells = '<compartment id="c" spatialDimensions="3" size="0.5" constant="true"/>'
    law = reaction("r", [("A", 1)], [("B", 2)], ("times", "k", "A"))
    for only, factor, start in ((False, 2, 6), (True, 1, 3)):
        kinds = species("A", amount=3, only=only) + species("B", amount=0, only=only)
        system = read(model(parameters=parameter("k", 0.75), cells=cells, kinds=kinds, reactions=law))
        a = system.variables[0]
        assert system.expressions == (-R(3, 4) * factor * a, R(3, 2) * factor * a)
        np.testing.assert_array_equal(system.initial, [start, 0])
        np.testing.assert_array_equal(jax.jit(system.field)(jnp.array([2.0, 1.0])), [-1.5 * factor, 3.0 * factor])
        (total,) = system.totals
        assert sympy.expand(total / total.coeff(a) - a - system.variables[1] / 2) == 0


def test_a_rate_rule_of_a_concentration_is_its_derivative(read):
    """d[S]/dt = 3, whatever the volume: the amount changes by V rule + V' [S]."""
    cells = '<compartment id="c" spatialDimensions="3" size="5" constant="false"/>'
    kinds = species("S", concentration=1.0)
    rules = text.rate_rule("S", 3) + text.rate_rule("c", ("times", 2, "c"))
    system = read(model(cells=cells, kinds=kinds, rules=rules))
    assert [str(v) for v in system.variables] == ["S", "c"]
    assert system.expressions == (3, 2 * system.variables[1])
    assert system.initial.tolist() == [1.0, 5.0]


def test_growing_compartments_dilute(read):
    """c' = g c, production at rate k a unit of time: [S]' = k / c - g [S]; equilibria of that, not of k / c alone."""
    cells = '<compartment id="c" spatialDimensions="3" size="2" constant="false"/>'
    law = reaction("r", [], [("S", 1)], ("times", "k", "c"))
    rules = text.rate_rule("c", ("times", 0.25, "c"))
    system = read(
        model(parameters=parameter("k", 3.0), cells=cells, kinds=species("S", amount=4), rules=rules, reactions=law)
    )
    s, _c = system.variables
    # a concentration has no value where the size is 0, which the cancelled formula does not show; the field does
    with pytest.raises(sp.InputError, match="c is not zero"):
        _ = system.expressions
    field = double_precision(system.field)
    values = [field(np.array(at)) for at in ([2.0, 0.5], [2.0, 0.0])]
    assert values[0].tolist() == [2.5, 0.125]
    assert np.isnan(values[1]).all()
    rate = system.formulas[0].xreplace({sympy.Symbol("k", real=True): R(3)})
    assert sympy.expand(rate - (3 - s / 4)) == 0
    assert system.initial.tolist() == [2.0, 2.0]
    assert system.subspace is None
    # the size itself has no equilibrium but 0; the concentration settles at 12
    fixed = sp.certify_equilibrium([rate], [11.5], variables=[s])
    assert fixed.verdict is sp.Verdict.STABLE
    assert abs(fixed.point[0] - 12) <= fixed.radius


def test_conversion_factors(read):
    """Of the species where it has one, else of the model: A' = -5 v, B' = 7 v in amounts."""
    kinds = species("A", amount=1, only=True, factor="fa") + species("B", amount=2, only=True)
    values = parameter("fa", 5.0) + parameter("fm", 7.0) + parameter("k", 1.0)
    law = reaction("r", [("A", 1)], [("B", 1)], ("times", "k", "A"))
    system = read(model(parameters=values, kinds=kinds, reactions=law, more=' conversionFactor="fm"'))
    a, b = system.variables
    assert system.expressions == (-5 * a, 7 * a)
    (total,) = system.totals
    assert sympy.expand(total.diff(a) * -5 + total.diff(b) * 7) == 0


def test_rules_and_assignments_and_boundary_species(read):
    """An assignment rule is a formula; a boundary species is not changed by reactions; initial assignments count."""
    kinds = species("X", concentration=0, boundary=True) + species("S", concentration=1) + species("E", amount=1)
    rules = text.assignment_rule("v", ("times", "k", "S", "X")) + text.assignment_rule("E", ("plus", "S", "X"))
    starts = f'<initialAssignment symbol="X">{text.math(("times", 2, "k"))}</initialAssignment>'
    values = parameter("k", 1.5) + parameter("v", None, False)
    law = reaction("r", [("S", 1), ("X", 1)], [], ("times", "v", "E"))
    system = read(model(parameters=values, kinds=kinds, rules=rules, assignments=starts, reactions=law))
    (s,) = system.variables
    assert sympy.expand(system.expressions[0] + R(3, 2) * s * 3 * (s + 3)) == 0
    assert system.parameters["X"] == 3


def test_local_parameters_shadow(read):
    local = "<listOfLocalParameters><localParameter id='k' value='2'/></listOfLocalParameters>"
    law = reaction("r", [("S", 1)], [], ("times", "k", "S"), local)
    other = reaction("q", [], [("S", 1)], "k")
    system = read(model(parameters=parameter("k", 9.0), kinds=species("S", amount=1), reactions=law + other))
    assert system.expressions == (9 - 2 * system.variables[0],)
    assert system.parameters == {"r_k": 2, "k": 9, "c": 1}


def test_species_of_several_compartments(read):
    """Transport at the amount rate p (A - B): concentrations change by it over their own volumes; 2 A + 8 B is kept."""
    cells = "".join(
        f'<compartment id="{n}" spatialDimensions="3" size="{size}" constant="true"/>'
        for n, size in (("c", 2), ("d", 8))
    )
    kinds = species("A", concentration=5, cell="c") + species("B", concentration=0, cell="d")
    law = reaction("r", [("A", 1)], [("B", 1)], ("times", "p", ("minus", "A", "B")))
    system = read(model(parameters=parameter("p", 1.0), cells=cells, kinds=kinds, reactions=law))
    a, b = system.variables
    assert [sympy.expand(e) for e in system.expressions] == [-a / 2 + b / 2, a / 8 - b / 8]
    found = sp.all_equilibria(
        list(system.expressions),
        [(0, 6), (0, 6)],
        variables=system.variables,
        subspace=system.subspace,
        point=system.initial,
    )
    assert found.complete
    np.testing.assert_allclose(found.points, [[1.0, 1.0]], rtol=1e-12)


REFUSED = {
    "event": (
        {
            "parameters": parameter("x", 1.0, False),
            "rules": text.rate_rule("x", 1),
            "events": "<event id='e' useValuesFromTriggerTime='true'><trigger initialValue='true' persistent='true'>"
            + text.math(("gt", "x", 2))
            + "</trigger></event>",
        },
        "event 'e'",
    ),
    "time": (
        {
            "parameters": parameter("x", 1.0, False),
            "rules": text.rate_rule(
                "x", "<csymbol encoding='text' definitionURL='http://www.sbml.org/sbml/symbols/time'>t</csymbol>"
            ),
        },
        "time",
    ),
    "algebraic": (
        {"parameters": parameter("x", 1.0, False), "rules": f"<algebraicRule>{text.math('x')}</algebraicRule>"},
        "algebraic",
    ),
    "unset parameter": (
        {"parameters": parameter("x", 1.0, False) + parameter("k"), "rules": text.rate_rule("x", "k")},
        "'k' has no value",
    ),
    "unset species": ({"kinds": species("S"), "reactions": reaction("r", [("S", 1)], [], "S")}, "no initial"),
    "unset stoichiometry": (
        {"kinds": species("S", amount=1), "reactions": reaction("r", [("S", None)], [], "S")},
        "stoichiometry",
    ),
    "fast": ({"kinds": species("S", amount=1), "reactions": reaction("r", [("S", 1)], [], "S", fast=True)}, "fast"),
    "cycle": (
        {
            "parameters": parameter("x", 1.0, False) + parameter("a", None, False) + parameter("b", None, False),
            "rules": text.assignment_rule("a", "b") + text.assignment_rule("b", "a") + text.rate_rule("x", "a"),
        },
        "itself",
    ),
    "nothing": ({"parameters": parameter("x", 1.0)}, "nothing changes"),
    "unknown name": ({"parameters": parameter("x", 1.0, False), "rules": text.rate_rule("x", "q")}, "'q'"),
    "division": ({"parameters": parameter("x", 1.0, False), "rules": text.rate_rule("x", ("divide", 1, 0))}, "zero"),
    "tower": (
        {"parameters": parameter("x", 1.0, False), "rules": text.rate_rule("x", ("power", ("power", 9, 9999), 9999))},
        "too large",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_modelled_is_refused_by_name(read, name):
    parts, message = REFUSED[name]
    with pytest.raises(sp.InputError, match=message):
        read(model(**parts))


@pytest.mark.parametrize("content", ["", "<sbml", "<a/>", '<?xml version="1.0"?><sbml level="9" version="1"/>'])
def test_other_files_are_refused(read, content):
    with pytest.raises(sp.InputError):
        read(content)


def test_a_missing_file():
    with pytest.raises(sp.InputError, match="no file"):
        sp.from_sbml("/nowhere/at/all.xml")


def brusselator():
    kinds = species("X", concentration=1.5) + species("Y", concentration=2.0)
    values = parameter("a", 1.0) + parameter("b", 1.75)
    laws = (
        reaction("r1", [], [("X", 1)], ("times", "c", "a"))
        + reaction("r2", [("X", 1)], [("Y", 1)], ("times", "c", "b", "X"))
        + reaction("r3", [("X", 2), ("Y", 1)], [("X", 3)], ("times", "c", ("power", "X", 2), "Y"))
        + reaction("r4", [("X", 1)], [], ("times", "c", "X"))
    )
    return model(parameters=values, kinds=kinds, reactions=laws)


def test_the_brusselator_is_usable_by_every_door(read):
    """x* = (a, b/a), stable for b < 1 + a^2; trace b - 1 - a^2 = -1/4 and determinant a^2."""
    system = read(brusselator())
    assert system.subspace is None
    for door in (
        {"field": system.field},
        {"field": list(system.expressions), "variables": system.variables},
    ):
        found = sp.certify_equilibrium(x=[1.02, 1.73], **door)
        assert found.verdict is sp.Verdict.STABLE
        assert found.eigenvalues.centers.sum().real == pytest.approx(-0.25, abs=1e-9)
        assert np.linalg.norm(found.point - [1.0, 1.75]) <= found.radius
    assert sp.flow(system.field, system.initial, 0.125).verdict.name == "PROVED"
    assert "X' = " in system.report()


def cascade():
    """Michaelis-Menten and Hill laws in a volume of 1/4, where the simulator's rates are right: constant volume."""
    cells = '<compartment id="c" spatialDimensions="3" size="0.25" constant="true"/>'
    kinds = species("X", concentration=1.5) + species("Y", concentration=2.0) + species("Z", amount=0.5, only=True)
    values = parameter("k", 0.7) + parameter("m", 1.3)
    hill = ("divide", ("power", "X", 3), ("plus", 1, ("power", "X", 3)))
    laws = (
        reaction("r1", [("X", 1)], [("Y", 2)], ("times", "c", "k", ("divide", "X", ("plus", "m", "X"))))
        + reaction("r2", [("Y", 1)], [("Z", 1)], ("times", "k", "Y", hill))
        + reaction("r3", [("Z", 3)], [("X", 1)], ("times", "m", ("exp", ("minus", "Z")), ("log", ("plus", 10, "Z"))))
    )
    return model(parameters=values, cells=cells, kinds=kinds, reactions=laws)


def test_the_rates_of_libroadrunner(read):
    """Amounts per time there: concentrations change by them over the volume."""
    roadrunner = pytest.importorskip("roadrunner", reason="libroadrunner is not installed: its rates are not compared")
    for content, volumes in ((brusselator(), (1, 1)), (cascade(), (0.25, 0.25, 1))):
        system = read(content)
        simulator = roadrunner.RoadRunner(content)
        order = list(simulator.model.getFloatingSpeciesIds())
        places = [order.index(str(v)) for v in system.variables]
        for point in (system.initial, system.initial + 0.375):
            for name, value, volume in zip(system.variables, point, volumes, strict=True):
                simulator[f"{name}" if volume == 1 else f"[{name}]"] = float(value)
            rates = np.array(simulator.getRatesOfChange())[places] / np.array(volumes)
            np.testing.assert_allclose(double_precision(system.field)(np.array(point)), rates, rtol=1e-12)


def test_nothing_of_the_file_is_evaluated(read):
    """A name that is Python stays a name, and is refused for being unknown."""
    with pytest.raises(sp.InputError):
        read(model(parameters=parameter("x", 1.0, False), rules=text.rate_rule("x", "__import__('os').getcwd()")))
    assert "sbml_text" not in sys.modules
