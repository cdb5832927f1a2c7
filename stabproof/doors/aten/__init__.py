"""ATen's core operations as JAX functions of real numbers: one table a topic, keyed by the name of the overload."""
