"""Programs: functions of real arrays as lists of equations, read, evaluated and differentiated in Arb."""
