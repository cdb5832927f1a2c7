"""Front doors: models of other libraries as JAX functions with float64 parameters."""
