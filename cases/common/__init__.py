"""What several systems share: parameters, readers, plots, and the views of related systems."""
