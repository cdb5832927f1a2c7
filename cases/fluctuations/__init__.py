"""How far a random network is from its limit: law of large numbers and central limit theorem in time."""
