"""Architectures of neural networks as maps: residual and dense networks, differential and delay equations."""
