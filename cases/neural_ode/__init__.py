"""Neural ODEs: the time map of a vector field with its derivative, in closed form, estimated, and proved."""
