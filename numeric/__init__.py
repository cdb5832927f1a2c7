"""Large: JAX in, arrays out; estimates only."""
