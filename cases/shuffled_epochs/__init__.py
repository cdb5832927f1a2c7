"""Two examples, batches of one: independent draws, shuffled epochs and a fixed order."""
