"""Why primitives of JAX are not enclosed. A primitive with a rule needs no reason: the rule wins."""

from collections.abc import Mapping

_DEVICES = "it moves data between devices; a program is a function on one device"
_STATE = "it reads or writes state outside the function"
_RANDOM = "it makes random bits with a hidden or machine-dependent generator"
_CALLBACK = "it calls code outside JAX, which cannot be read"
_ROUNDED = "it computes with narrow numbers on purpose: rounding is not an exact function"
_APPROXIMATE = "its result is approximate by definition, or depends on the machine"
_MARKER = "it only carries information for the compiler or for derivatives, and appears in no function's own program"
_UNWRITTEN = "it is not enclosed yet; write the function with the primitives that are"
_PROMISE = "its result is not defined by its arguments"

_GROUPS: dict[str, str] = {
    _DEVICES: """
        all_gather all_gather_done all_gather_invariant all_gather_reduced all_gather_reduced_start all_gather_start
        all_to_all all_to_all_done all_to_all_start pbroadcast_done pbroadcast_dynamic pbroadcast_start ppermute
        ppermute_done ppermute_start precv preduced psend psum_done psum_invariant_start psum_start ragged_all_to_all
        reduce_scatter reduce_scatter_done reduce_scatter_start relayout reshard unreduced_pmax unreduced_pmin
        unreduced_psum unreduced_psum_start unreduced_reduce_scatter unreduced_reduce_scatter_start
        with_memory_space_constraint layout_constraint inspect_sharding reduced_vary_cast_p vary_unreduced_cast_p
        custom_partitioning reduced_vary_cast vary_unreduced_cast pbroadcast
    """,
    _STATE: """
        accum_grad_in_ref addupdate box_get box_set core_map create_token after_all empty_ref free_ref freeze get
        log_extend log_read new_box new_log new_ref pin unpin run_state swap stage debug_callback debug_print
        dce_sink program_order tie check
    """,
    _RANDOM: """
        iota_2x32_shape philox2x32 philox4x32 random_bits random_clone random_fold_in random_gamma random_seed
        random_split random_unwrap random_wrap rng_bit_generator rng_uniform threefry4x32 threefry2x32
    """,
    _CALLBACK: "call_exported cudnn_fusion ffi_call io_callback pure_callback",
    _ROUNDED: """
        dot_product_attention_bwd dot_product_attention_bwd_wrapper dot_product_attention_fp8_bwd
        dot_product_attention_fp8_bwd_wrapper dot_product_attention_fp8_fwd dot_product_attention_fp8_fwd_wrapper
        dot_product_attention_fwd dot_product_attention_fwd_wrapper scaled_dot scaled_matmul scaled_matmul_wrapper
    """,
    _APPROXIMATE: "approx_top_k nextafter",
    _MARKER: """
        call_hi_primitive_linearized create_linear custom_jvp_call_jaxpr custom_lin custom_vmap_call dim_as_value
        dimension_size from_edtype linear_call remat_opt shape_assertion to_edtype unreachable zeros_like broadcast_to
    """,
    _PROMISE: "empty empty2",
    _UNWRITTEN: """
        bessel_i0e bessel_i1e bitcast_convert_type cholesky cholesky_update clz complex conj digamma eig eigh erf_inv
        fft geqp3 geqrf hessenberg householder_product igamma igamma_grad_a igammac imag lgamma lu
        lu_pivots_to_permutation mulhi ormqr polygamma population_count qr ragged_dot_general real reduce
        reduce_window reduce_xor regularized_incomplete_beta schur select_and_scatter shift_right_logical svd
        symmetric_product triangular_solve tridiagonal tridiagonal_solve zeta
    """,
}

REASONS: Mapping[str, str] = {name: reason for reason, names in _GROUPS.items() for name in names.split()}
