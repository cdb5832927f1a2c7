"""The primitives of programs: evaluation in any number system, and differentiation."""
