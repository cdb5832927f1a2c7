"""The primitives of each version of JAX: where one appeared, and where it went.

Source: the primitives that each released library creates (`jax.extend.core.Primitive`), listed in a fresh interpreter
after importing jax.numpy, jax.scipy and jax.nn; a test lists the installed library's again. A new version is an entry
of `CHANGES`.
"""

from collections.abc import Mapping

# Minor versions whose primitives are listed and tested.
VERSIONS = ("0.10", "0.11", "0.12")


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FIRST = _names("""
    abs accum_grad_in_ref acos acosh add add_any addupdate after_all all_gather all_gather_done
    all_gather_invariant all_gather_reduced all_gather_reduced_start all_gather_start all_to_all all_to_all_done
    all_to_all_start and approx_top_k argmax argmin asin asinh atan atan2 atanh axis_index bessel_i0e bessel_i1e
    bitcast_convert_type box_get box_set broadcast_in_dim broadcast_to call call_exported call_hi_primitive
    call_hi_primitive_linearized cbrt ceil check cholesky cholesky_update clamp closed_call clz complex
    composite concatenate cond conj conv_general_dilated convert_element_type copy core_map cos cosh
    create_linear create_token cudnn_fusion cumlogsumexp cummax cummin cumprod cumsum custom_jvp_call
    custom_jvp_call_jaxpr custom_lin custom_linear_solve custom_partitioning custom_vjp_call custom_vmap_call
    dce_sink debug_callback debug_print device_put digamma dim_as_value dimension_size div dot_general
    dot_product_attention_bwd dot_product_attention_bwd_wrapper dot_product_attention_fp8_bwd
    dot_product_attention_fp8_bwd_wrapper dot_product_attention_fp8_fwd dot_product_attention_fp8_fwd_wrapper
    dot_product_attention_fwd dot_product_attention_fwd_wrapper dynamic_slice dynamic_update_slice eig eigh
    empty empty2 empty_ref eq eq_to erf erf_inv erfc eval_jaxpr exp exp2 expm1 ffi_call fft floor free_ref
    freeze from_edtype gather ge geqp3 geqrf get gt hessenberg householder_product igamma igamma_grad_a igammac
    imag inspect_sharding integer_pow io_callback iota iota_2x32_shape is_finite jit layout_constraint le le_to
    lgamma linear_call log log1p log_extend log_read logistic lt lt_to lu lu_pivots_to_permutation max min mul
    mulhi name ne neg new_box new_log new_ref nextafter not optimization_barrier or ormqr pad pbroadcast
    pbroadcast_done pbroadcast_start philox2x32 philox4x32 pin platform_index pmax pmin polygamma
    population_count pow ppermute ppermute_done ppermute_start precv preduced psend psum psum_done
    psum_invariant psum_invariant_start psum_start pure_callback pvary qr ragged_all_to_all ragged_dot_general
    random_bits random_clone random_fold_in random_gamma random_seed random_split random_unwrap random_wrap real
    reduce reduce_and reduce_max reduce_min reduce_or reduce_precision reduce_prod reduce_scatter
    reduce_scatter_done reduce_scatter_start reduce_sum reduce_window reduce_window_max reduce_window_min
    reduce_window_sum reduce_xor reduced_vary_cast_p regularized_incomplete_beta rem remat2 remat_opt reshape
    reshard rev rng_bit_generator rng_uniform round rsqrt run_state scaled_dot scaled_matmul
    scaled_matmul_wrapper scan scatter scatter-add scatter-max scatter-min scatter-mul scatter-sub schur
    select_and_gather_add select_and_scatter select_and_scatter_add select_n shape_assertion shard_map
    sharding_constraint shift_left shift_right_arithmetic shift_right_logical sign sin sinh slice sort split
    sqrt square squeeze stack stage stop_gradient sub svd swap symmetric_product tan tanh threefry2x32
    threefry4x32 tie tile to_edtype top_k transpose triangular_solve tridiagonal tridiagonal_solve unpin
    unreachable unreduced_psum unreduced_psum_start unreduced_reduce_scatter unreduced_reduce_scatter_start
    unstack vary_unreduced_cast_p while with_memory_space_constraint xor zeros_like zeta
    """)

# version -> (primitives that it brought, primitives that it dropped)
CHANGES: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "0.11": (
        _names("log2 one_minus_square program_order relayout unreduced_pmax unreduced_pmin"),
        _names("""
            box_get box_set call closed_call core_map log_extend log_read new_box new_log pbroadcast_done
            pbroadcast_start psum_start unreduced_psum_start unreduced_reduce_scatter_start
            """),
    ),
    "0.12": (
        _names("pbroadcast_dynamic polynomial reduced_vary_cast vary_unreduced_cast"),
        _names("program_order reduced_vary_cast_p vary_unreduced_cast_p"),
    ),
}


def primitives_of(version: str) -> frozenset[str]:
    """The names of the primitives of a minor version, such as "0.12"."""
    names = _FIRST
    for step in VERSIONS[1 : VERSIONS.index(version) + 1]:
        brought, dropped = CHANGES[step]
        names = (names | brought) - dropped
    return names


def all_primitives() -> frozenset[str]:
    return frozenset().union(*map(primitives_of, VERSIONS))


def versions_of(name: str) -> tuple[str, ...]:
    """The listed versions that know the primitive."""
    return tuple(version for version in VERSIONS if name in primitives_of(version))


def explanation(name: str, installed: str) -> str:
    """What the versions say about a primitive without a rule, for an error message; empty when they say nothing."""
    minor, known = ".".join(installed.split(".")[:2]), versions_of(name)
    if known and minor in VERSIONS and minor not in known:
        return f"it belongs to JAX {known[0]} to {known[-1]}, but {installed} is installed"
    if known:
        return ""
    if minor in VERSIONS:
        return "it is not JAX's own"
    return (
        f"JAX {VERSIONS[0]} to {VERSIONS[-1]} do not have it, but {installed} is installed: install JAX {VERSIONS[-1]}"
    )
