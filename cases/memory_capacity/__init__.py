"""Memory capacity of neural delay equations: which K tau lets one neuron represent a function that is not monotone."""
