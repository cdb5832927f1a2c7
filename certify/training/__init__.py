"""The training step that people run: how batches are drawn, which loss, which optimiser."""
