"""All cases by name."""

import difflib
import importlib

from cases.case import Case
from foundation import InputError

# name -> module that defines CASE, in the order of the gallery
_MODULES = {
    "hyperbola": "cases.training.hyperbola",
    "strict-minimum": "cases.training.strict_minimum",
    "strictness-counterexamples": "cases.training.strictness_counterexamples",
    "features": "cases.training.features",
    "product-features": "cases.training.product_features",
    "minibatch": "cases.training.minibatch",
    "second-moment": "cases.training.second_moment",
    "momentum": "cases.training.momentum",
    "nesterov": "cases.training.nesterov",
    "adam": "cases.training.adam",
    "digits": "cases.training.digits",
    "tracking": "cases.training.tracking",
    "neural-ode": "cases.architectures.neural_ode",
    "neural-dde": "cases.architectures.neural_dde",
    "memory-capacity": "cases.architectures.memory_capacity",
    "embedding": "cases.architectures.embedding",
    "denseresnet": "cases.architectures.denseresnet",
    "resnet": "cases.architectures.resnet",
    "boltzmann": "cases.networks.boltzmann",
    "boltzmann-learning": "cases.networks.boltzmann_learning",
    "hopfield-discrete": "cases.networks.hopfield_discrete",
    "hopfield": "cases.networks.hopfield",
    "kuramoto": "cases.networks.kuramoto",
    "rnn": "cases.networks.rnn",
    "multiplicative-weights": "cases.networks.multiplicative_weights",
    "replicator": "cases.networks.replicator",
    "hmm": "cases.networks.hmm",
    "gas": "cases.networks.gas",
    "transformer": "cases.networks.transformer",
    "desai-zwanzig": "cases.networks.desai_zwanzig",
    "fitzhugh-nagumo": "cases.networks.fitzhugh_nagumo",
    "hegselmann-krause": "cases.networks.hegselmann_krause",
    "mean-field": "cases.networks.mean_field",
    "cucker-smale": "cases.networks.cucker_smale",
    "graphon": "cases.networks.graphon",
    "diffusion": "cases.networks.diffusion",
    "backprop": "cases.networks.backprop",
    "multiscale": "cases.networks.multiscale",
    "widths": "cases.architectures.widths",
    "morse-mlp": "cases.architectures.morse_mlp",
    "circle": "cases.architectures.circle",
    "xor": "cases.architectures.xor",
    "kernels": "cases.particles.kernels",
    "particle-kernel": "cases.particles.particle_kernel",
    "rbf-3spin": "cases.particles.rbf_three_spin",
    "sigmoid-3spin": "cases.particles.sigmoid_three_spin",
    "fluctuations": "cases.particles.fluctuations",
    "iris-net": "cases.trajectories.iris_net",
    "network-lyapunov": "cases.trajectories.network_lyapunov",
    "loss-series": "cases.trajectories.loss_series",
    "saturated-map": "cases.trajectories.saturated_map",
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
