"""The discrete Hopfield network: threshold dynamics, its fixed points and its energy, exactly."""
