"""Every primitive of the installed JAX on exact inputs, by JAX and here: they agree, or it is refused."""

import importlib.util
import pathlib
import warnings

import jax
import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.program import evaluate
from certify.program.arb import to_bounds
from certify.program.tracing import lower
from foundation import InputError


def _load(name):
    path = pathlib.Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CASES, LIBRARY = _load("jax_cases"), _load("jax_library_cases")
GROUPS = {group.__name__: (module, group) for module in (CASES, LIBRARY) for group in module.GROUPS}
# JAX's own rounding: elementary functions of XLA err by hundreds of ulps, and those of narrow types by theirs
_SLACK = {"float64": 1e-12, "float32": 1e-5, "float16": 1e-2, "bfloat16": 1e-1}


def contained(value, expected, inputs):
    """Whether JAX's array lies in the enclosure (up to its own rounding), with the same type where nothing rounds."""
    expected = np.asarray(expected)
    if expected.dtype.kind in "biu":
        plain = isinstance(value, np.ndarray) and value.dtype == expected.dtype and value.shape == expected.shape
        return plain and np.array_equal(value, expected)
    lower_bound, upper = (value.lower, value.upper) if isinstance(value, Ball) else to_bounds(value)
    if lower_bound.shape != expected.shape:
        return False
    narrow = [x.dtype.name for x in inputs if x.dtype.name in _SLACK] + [expected.dtype.name]
    slack = max(_SLACK[name] for name in narrow)
    number = expected.astype(np.float64)
    margin = slack * np.abs(number) + (slack if slack > 1e-12 else 1e-15)
    return bool(np.all((lower_bound - margin <= number) & (number <= upper + margin)))


def traced(case):
    """The case's jaxpr; None where JAX itself refuses the parameters."""
    try:
        return jax.make_jaxpr(case.function)(*case.arguments)
    except (TypeError, ValueError):
        return None


def jax_values(jaxprs, chosen):
    """JAX's own values; many programs are compiled together, since each compilation costs a tenth of a second."""
    from jax.extend.core import jaxpr_as_fun

    def together(arguments):
        return [jaxpr_as_fun(closed)(*given) for closed, given in zip(jaxprs, arguments, strict=True)]

    return jax.jit(together)([case.arguments for case in chosen])


def compared(case, closed, expected):
    """ "agrees", "differs", or the reason of the refusal; any other exception passes through."""
    try:
        program = lower(closed)
        for precision in (None, 100):
            values = evaluate(program, case.arguments, precision=precision)
            if not all(contained(v, e, case.arguments) for v, e in zip(values, expected, strict=True)):
                return "differs"
    except InputError as error:
        return f"refused: {error}"
    return "agrees"


def outcomes(group):
    """Every case of a group with its outcome."""
    with jax.enable_x64(True), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pairs = [(case, traced(case)) for case in GROUPS[group][1]()]
        kept = [(case, closed) for case, closed in pairs if closed is not None]
        results = {}
        for start in range(0, len(kept), 50):
            part = kept[start : start + 50]
            values = jax_values([closed for _, closed in part], [case for case, _ in part])
            for (case, closed), expected in zip(part, values, strict=True):
                results[case.label] = compared(case, closed, expected)
    return results


@pytest.mark.parametrize("group", GROUPS)
def test_every_case_agrees_with_jax_or_is_refused(group):
    found = outcomes(group)
    assert not [label for label, outcome in found.items() if outcome == "differs"]
    refused = {label: outcome for label, outcome in found.items() if outcome.startswith("refused")}
    assert not {label: text for label, text in refused.items() if not GROUPS[group][0].may_be_refused(label)}
    assert len(refused) < len(found) / 2


def test_every_rule_has_a_case():
    """The cases' jaxprs, those of calls included, hold every primitive of this JAX that has a rule."""
    from certify.program.lowering.versions import primitives_of
    from certify.program.tracing import RULES

    seen = set()
    with jax.enable_x64(True), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _, group in GROUPS.values():
            for case in group():
                closed = traced(case)
                seen |= set() if closed is None else names_in(closed)
    minor = ".".join(jax.__version__.split(".")[:2])
    missing = (set(RULES) & primitives_of(minor)) - seen - CASES.NOT_EMITTED
    assert not missing


def names_in(closed):
    jaxpr = getattr(closed, "jaxpr", closed)
    found = {equation.primitive.name for equation in jaxpr.eqns}
    for equation in jaxpr.eqns:
        for value in equation.params.values():
            for inner in value if isinstance(value, tuple | list) else (value,):
                found |= names_in(inner) if hasattr(inner, "eqns") else set()
    return found
