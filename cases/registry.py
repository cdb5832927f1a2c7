"""All cases by name."""

import difflib
import importlib

from cases.case import Case
from foundation import InputError

# name -> module that defines CASE, in the order of the gallery
_MODULES = {
    "hyperbola": "cases.hyperbola.case",
    "strict-minimum": "cases.strict_minimum.case",
    "strictness-counterexamples": "cases.strictness_counterexamples.case",
    "features": "cases.features",
    "product-features": "cases.product_features.case",
    "minibatch": "cases.minibatch.case",
    "second-moment": "cases.second_moment.case",
    "momentum": "cases.momentum",
    "nesterov": "cases.nesterov",
    "adam": "cases.adam",
    "digits": "cases.digits",
    "tracking": "cases.tracking.case",
    "widths": "cases.widths.case",
    "morse-mlp": "cases.morse_mlp.case",
    "circle": "cases.circle",
    "xor": "cases.xor",
    "resnet": "cases.resnet.case",
    "denseresnet": "cases.denseresnet.case",
    "neural-ode": "cases.neural_ode.case",
    "embedding": "cases.embedding.case",
    "neural-dde": "cases.neural_dde",
    "memory-capacity": "cases.memory_capacity.case",
    "boltzmann": "cases.boltzmann.case",
    "boltzmann-learning": "cases.boltzmann_learning.case",
    "hopfield-discrete": "cases.hopfield_discrete.case",
    "hopfield": "cases.hopfield.case",
    "gas": "cases.gas.case",
    "kuramoto": "cases.kuramoto.case",
    "desai-zwanzig": "cases.desai_zwanzig.case",
    "fitzhugh-nagumo": "cases.fitzhugh_nagumo.case",
    "hegselmann-krause": "cases.hegselmann_krause.case",
    "cucker-smale": "cases.cucker_smale",
    "mean-field": "cases.mean_field.case",
    "graphon": "cases.graphon",
    "rnn": "cases.rnn.case",
    "transformer": "cases.transformer.case",
    "hmm": "cases.hmm.case",
    "replicator": "cases.replicator",
    "multiplicative-weights": "cases.multiplicative_weights.case",
    "diffusion": "cases.diffusion.case",
    "backprop": "cases.backprop",
    "multiscale": "cases.multiscale",
    "iris-net": "cases.iris_net.case",
    "network-lyapunov": "cases.network_lyapunov.case",
    "saturated-map": "cases.saturated_map.case",
    "loss-series": "cases.loss_series.case",
    "kernels": "cases.kernels.case",
    "particle-kernel": "cases.particle_kernel.case",
    "rbf-3spin": "cases.rbf_three_spin.case",
    "sigmoid-3spin": "cases.sigmoid_three_spin.case",
    "fluctuations": "cases.fluctuations.case",
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
