"""The names of `foundation` that cheap commands do without, imported when they are first used."""

from foundation.lazy_names import lazy_names

_HOMES = {
    **dict.fromkeys(("exact_bounds", "exact_number"), "exact_numbers"),
    **dict.fromkeys(("plain_array", "real_array"), "real_arrays"),
    **dict.fromkeys(("exact_number_in", "exact_positive_number", "finite_array", "number_in"), "inputs"),
    **dict.fromkeys(("Shown", "Summary", "more"), "shown"),
    **dict.fromkeys(("positive_integer", "positive_number", "square_matrix"), "inputs"),
}

__getattr__ = lazy_names(str(__package__), _HOMES)
