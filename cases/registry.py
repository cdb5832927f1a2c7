"""All cases by name."""

import difflib
import importlib

from cases.case import Case
from foundation import InputError

# name -> module that defines CASE, in the order of the gallery
_MODULES = {
    "hyperbola": "cases.hyperbola",
    "strict-minimum": "cases.strict_minimum",
    "strictness-counterexamples": "cases.strictness_counterexamples",
    "features": "cases.features",
    "product-features": "cases.product_features",
    "minibatch": "cases.minibatch",
    "second-moment": "cases.second_moment",
    "momentum": "cases.momentum",
    "nesterov": "cases.nesterov",
    "adam": "cases.adam",
    "digits": "cases.digits",
    "boltzmann": "cases.boltzmann",
    "boltzmann-learning": "cases.boltzmann_learning",
    "hopfield-discrete": "cases.hopfield_discrete",
    "rnn": "cases.rnn",
    "multiplicative-weights": "cases.multiplicative_weights",
    "replicator": "cases.replicator",
    "hmm": "cases.hmm",
    "hegselmann-krause": "cases.hegselmann_krause",
    "mean-field": "cases.mean_field",
    "cucker-smale": "cases.cucker_smale",
    "graphon": "cases.graphon",
    "diffusion": "cases.diffusion",
    "backprop": "cases.backprop",
    "multiscale": "cases.multiscale",
}


def case_names() -> tuple[str, ...]:
    """The names of all systems."""
    return tuple(_MODULES)


def case(name: str) -> Case:
    """The case of that name; raises `InputError` with the nearest names otherwise."""
    if not isinstance(name, str) or name not in _MODULES:
        near = difflib.get_close_matches(str(name), _MODULES, n=3, cutoff=0.4)
        hint = f"; did you mean {' or '.join(near)}?" if near else f"; there are {', '.join(_MODULES)}"
        raise InputError(f"there is no case {name!r}{hint}")
    found: Case = importlib.import_module(_MODULES[name]).CASE
    return found
