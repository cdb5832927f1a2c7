"""Non-augmented, augmented and bottleneck architectures: a disjoint and complete division of all width tuples."""
