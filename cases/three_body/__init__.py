"""Gravitating and charged bodies: conserved quantities, turning triangles and lines, Routh's criterion, N bodies."""
