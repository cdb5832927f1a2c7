"""Training with saturated hidden units: a map of the logits with cycles and chaos."""
