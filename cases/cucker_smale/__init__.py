"""Flocking: two agents align unless they separate too fast; the threshold is a certified integral."""
