"""All primitives by name; a module of theirs is loaded when one of its primitives is used."""

from collections.abc import Iterator, Mapping

from certify.program.primitives.primitive import Primitive
from foundation import load

# module of this package -> the primitives that its table PRIMITIVES holds, in its order
_NAMES = {
    "smooth": (
        "exp expm1 log log1p tanh logistic sin cos tan asin acos atan sinh cosh asinh acosh atanh erf erfc "
        "sqrt rsqrt cbrt neg square add sub mul div pow atan2 logaddexp integer_pow"
    ),
    "nonsmooth": (
        "lt le gt ge eq ne abs max min slope_of_abs step slope_of_jump sign floor ceil round_to_even "
        "round_away select_n"
    ),
    "structural": "reshape transpose broadcast_in_dim concatenate slice pad rev",
    "reductions": "reduce_sum reduce_max reduce_min extremum_share extremum_index cumsum reduce_and reduce_or",
    "softmax": "softmax logsumexp",
    "contraction": "dot_general",
    "indexing": "take scatter_add inverse_positions order",
    "integers": "and or xor not quotient remainder shift_left shift_right convert narrow",
    "special": (
        "lgamma gamma digamma expi erf_inv ndtr log_ndtr ndtri erfcx dawsn sine_integral cosine_integral "
        "fresnel_sine fresnel_cosine spence xlogx polygamma sinc expm1_over log1p_over sine_over expn bessel_ie "
        "bessel_i bessel_j igamma igammac betainc zeta xlogy xlog1py gamma_sign no_derivative"
    ),
    "linear_algebra": (
        "solve triangular_solve cholesky lu lu_order qr_q qr_r eigh_values eigh_vectors eigh_projectors "
        "singular_values singular_vectors matrix_exponential matrix_square_root pseudo_inverse "
        "undetermined_vectors"
    ),
    "permutations": (
        "pivots_of_order order_of_pivots population_count leading_zeros shift_right_logical high_product "
        "bitcast threefry bitwise_or_along bitwise_and_along bitwise_xor_along stopped"
    ),
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names.split()}


class _Primitives(Mapping[str, Primitive]):
    """The tables of all modules as one."""

    def __init__(self) -> None:
        self._loaded: dict[str, Primitive] = {}

    def __getitem__(self, name: str) -> Primitive:
        if name not in self._loaded:
            table = load(f"certify.program.primitives.{_HOMES[name]}").PRIMITIVES
            self._loaded |= {primitive.name: primitive for primitive in table}
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in _HOMES

    def __iter__(self) -> Iterator[str]:
        return iter(_HOMES)

    def __len__(self) -> int:
        return len(_HOMES)


PRIMITIVES: Mapping[str, Primitive] = _Primitives()
