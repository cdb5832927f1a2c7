"""How each JAX primitive becomes equations of a program."""
