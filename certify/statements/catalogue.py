"""All sentences by their identifier."""

from collections.abc import Mapping
from types import MappingProxyType

from certify.statements import (
    branches,
    equilibria,
    equilibrium,
    exponents,
    flows,
    horseshoes,
    inequalities,
    minimum,
    morse,
    neurons,
    oscillators,
    periodic,
    sharpness,
    training,
    trajectories,
)
from certify.statements.template import Template

_MODULES = (
    minimum,
    exponents,
    equilibrium,
    equilibria,
    periodic,
    flows,
    horseshoes,
    inequalities,
    branches,
    sharpness,
    morse,
    oscillators,
    neurons,
    trajectories,
    training,
)

TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {template.id: template for module in _MODULES for template in module.TEMPLATES}
)
