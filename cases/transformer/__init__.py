"""Attention particles in space and on the sphere: consensus, antipodal states, clustering."""
