"""Special functions of Arb balls, loaded when a program uses one."""
