"""Which oracle proves which proxy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from tests.oracles import features, gradients, kernels
from tests.oracles.problems import Problem

# A number, or its parts by layer.
Oracle = Callable[[Problem], float | Mapping[str, float]]

ORACLES: dict[str, Oracle] = {
    "params": gradients.params,
    "flops": features.flops,
    "l2_norm": gradients.l2_norm,
    "grad_norm": gradients.grad_norm,
    "snip": gradients.snip,
    "plain": gradients.plain,
    "grasp": gradients.grasp,
    "fisher": gradients.fisher,
    "jacob_cov": kernels.jacob_cov,
    "synflow": gradients.synflow,
    "log_synflow": gradients.log_synflow,
    "synflow_bn": partial(gradients.synflow, norms=True),
    "epe_nas": kernels.epe_nas,
    "nwot": kernels.nwot,
    "zen": features.zen,
    "zico": gradients.zico,
    "az_expressivity": features.az_expressivity,
    "az_progressivity": features.az_progressivity,
    "az_trainability": features.az_trainability,
    "ntk_condition": kernels.ntk_condition,
    "linear_regions": kernels.linear_regions,
    "gradsign": kernels.gradsign,
    "meco": features.meco,
    "swap": kernels.swap,
    "swap_regularised": partial(kernels.swap, mu=1.0),
    "fisher_released": partial(gradients.fisher, released=True),
    "flops_released": features.flops_released,
    "grad_norm_global": gradients.grad_norm_global,
    "gradsign_released": partial(kernels.gradsign, mean=True),
    "linear_regions_released": kernels.linear_regions_released,
    "meco_released": features.meco_released,
    "nwot_eval": partial(kernels.nwot, train=False),
    "nwot_released": kernels.nwot_released,
    "ntk_condition_released": kernels.ntk_condition_released,
    "synflow_released": partial(gradients.synflow, keep="Reduction"),
    "zen_released": partial(features.zen, released=True),
    "zico_released": partial(gradients.zico, signed=True),
}
