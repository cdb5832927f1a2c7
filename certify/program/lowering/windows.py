"""JAX primitives with positions or windows."""

from certify.program.lowering.elementwise import Rule

RULES: dict[str, Rule] = {}
