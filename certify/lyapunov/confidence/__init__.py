"""Upper bounds that hold with a stated probability over a sample drawn from pseudo-random numbers."""
