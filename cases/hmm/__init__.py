"""Hidden Markov models: the joint kernel of states and observations, its spectrum and its stationary law."""
