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
    "widths": "cases.architectures.widths",
    "morse-mlp": "cases.architectures.morse_mlp",
    "circle": "cases.architectures.circle",
    "xor": "cases.architectures.xor",
    "resnet": "cases.architectures.resnet",
    "denseresnet": "cases.architectures.denseresnet",
    "neural-ode": "cases.architectures.neural_ode",
    "embedding": "cases.architectures.embedding",
    "neural-dde": "cases.architectures.neural_dde",
    "memory-capacity": "cases.architectures.memory_capacity",
    "boltzmann": "cases.networks.boltzmann",
    "boltzmann-learning": "cases.networks.boltzmann_learning",
    "hopfield-discrete": "cases.networks.hopfield_discrete",
    "hopfield": "cases.networks.hopfield",
    "gas": "cases.networks.gas",
    "kuramoto": "cases.networks.kuramoto",
    "desai-zwanzig": "cases.networks.desai_zwanzig",
    "fitzhugh-nagumo": "cases.networks.fitzhugh_nagumo",
    "hegselmann-krause": "cases.networks.hegselmann_krause",
    "cucker-smale": "cases.networks.cucker_smale",
    "mean-field": "cases.networks.mean_field",
    "graphon": "cases.networks.graphon",
    "rnn": "cases.networks.rnn",
    "transformer": "cases.networks.transformer",
    "hmm": "cases.networks.hmm",
    "replicator": "cases.networks.replicator",
    "multiplicative-weights": "cases.networks.multiplicative_weights",
    "diffusion": "cases.networks.diffusion",
    "backprop": "cases.networks.backprop",
    "multiscale": "cases.networks.multiscale",
    "iris-net": "cases.trajectories.iris_net",
    "network-lyapunov": "cases.trajectories.network_lyapunov",
    "saturated-map": "cases.trajectories.saturated_map",
    "loss-series": "cases.trajectories.loss_series",
    "kernels": "cases.particles.kernels",
    "particle-kernel": "cases.particles.particle_kernel",
    "rbf-3spin": "cases.particles.rbf_three_spin",
    "sigmoid-3spin": "cases.particles.sigmoid_three_spin",
    "fluctuations": "cases.particles.fluctuations",
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
