"""NAS-Bench-Graph's networks once more: with a dense adjacency, from the weights alone; and sizes in closed form."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from zcnas.searchspaces.nasbench_graph import LINKS, OPS, GraphNetwork, Setting


class Naive:
    """In eval mode, for graphs in which no edge occurs twice and none leads back to its node."""

    def __init__(self, network: GraphNetwork, nodes: int) -> None:
        self.weights = network.state_dict()
        self.adjacency = torch.zeros(nodes, nodes, dtype=torch.float64)
        self.adjacency[network.edge_index[1], network.edge_index[0]] = 1

    def logits(self, links: Sequence[int], ops: Sequence[str], x: Tensor) -> Tensor:
        raw, states = [True], [x]
        if "pre.weight" in self.weights:
            raw, states = [False], [self.linear("pre", x)]
        for place, (link, op) in enumerate(zip(links, ops, strict=True)):
            state = states[link] if raw[link] else F.relu(self.norm(f"norms.{place}", states[link]))
            raw.append(raw[link] and op == "skip")
            states.append(state if op == "skip" else getattr(self, op)(f"ops.{place}", state))
        leaves = [state for node, state in enumerate(states) if node not in links]
        last = self.linear("fc", F.relu(torch.cat(leaves, 1)))
        return self.linear("post", last) if "post.weight" in self.weights else last

    def linear(self, name: str, x: Tensor) -> Tensor:
        bias = self.weights.get(f"{name}.bias")
        product = x @ self.weights[f"{name}.weight"].T
        return product if bias is None else product + bias

    def norm(self, name: str, x: Tensor) -> Tensor:
        mean, variance, scale, shift = (
            self.weights[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
        )
        return (x - mean) / (variance + 1e-5).sqrt() * scale + shift

    def normalised(self, adjacency: Tensor) -> Tensor:
        degree = adjacency.sum(1)
        root = torch.where(degree > 0, degree.clamp(min=1).rsqrt(), 0)
        return root[:, None] * adjacency * root

    def fc(self, name: str, x: Tensor) -> Tensor:
        return self.linear(name, x)

    def gcn(self, name: str, x: Tensor) -> Tensor:
        looped = self.adjacency + torch.eye(len(x))
        return self.normalised(looped) @ self.linear(f"{name}.lin", x) + self.weights[f"{name}.bias"]

    def gin(self, name: str, x: Tensor) -> Tensor:
        return self.linear(f"{name}.nn", x + self.adjacency @ x)

    def cheb(self, name: str, x: Tensor) -> Tensor:
        spread = -self.normalised(self.adjacency) @ x
        return self.linear(f"{name}.lins.0", x) + self.linear(f"{name}.lins.1", spread) + self.weights[f"{name}.bias"]

    def sage(self, name: str, x: Tensor) -> Tensor:
        mean = self.adjacency @ x / self.adjacency.sum(1, keepdim=True).clamp(min=1)
        return self.linear(f"{name}.lin_l", mean) + self.linear(f"{name}.lin_r", x)

    def arma(self, name: str, x: Tensor) -> Tensor:
        first, root, bias = (self.weights[f"{name}.{part}"][0, 0] for part in ("init_weight", "root_weight", "bias"))
        first = self.weights[f"{name}.init_weight"][0]
        return F.relu(self.normalised(self.adjacency) @ x @ first + x @ root + bias)

    def graph(self, name: str, x: Tensor) -> Tensor:
        return self.linear(f"{name}.lin_rel", self.adjacency @ x) + self.linear(f"{name}.lin_root", x)

    def gat(self, name: str, x: Tensor) -> Tensor:
        source, target = (self.weights[f"{name}.att_{end}"][0] for end in ("src", "dst"))
        heads, size = source.shape
        features = self.linear(f"{name}.lin", x).view(-1, heads, size)
        looped = self.adjacency + torch.eye(len(x))
        outputs = []
        for head in range(heads):
            scores = (features[:, head] @ target[head])[:, None] + features[:, head] @ source[head]
            weights = F.leaky_relu(scores, 0.2).masked_fill(looped == 0, -torch.inf).softmax(1)
            outputs.append(weights @ features[:, head])
        return torch.cat(outputs, 1) + self.weights[f"{name}.bias"]


_SIZES = {
    "gat": (1, 0, 3),
    "gcn": (1, 0, 1),
    "gin": (1, 0, 1),
    "cheb": (2, 0, 1),
    "sage": (2, 0, 1),
    "arma": (2, 1, 1),
    "graph": (2, 0, 1),
    "fc": (1, 0, 1),
    "skip": (0, 0, 0),
}
"""Of an operation from F to D features: how many matrices of F x D and of D x D, and vectors of D."""


def params(genomes: npt.NDArray[np.uint8], setting: Setting) -> npt.NDArray[np.int64]:
    """Numbers of parameters, of many genomes ``(M, 5)`` at once."""
    links, sizes = np.array(LINKS)[genomes[:, 0]], np.array([_SIZES[op] for op in OPS])
    features, classes, dim = setting["in_features"], setting["num_classes"], setting["dim"]
    rows = np.arange(len(genomes))
    raw = np.full((len(genomes), 5), not setting["pre"])
    total = np.full(len(genomes), (features + 1) * dim if setting["pre"] else 0)
    for node in range(4):
        of_raw, codes = raw[rows, links[:, node]], genomes[:, node + 1]
        wide, square, vectors = sizes[codes].T
        total += wide * np.where(of_raw, features, dim) * dim + square * dim * dim + (vectors + 2) * dim
        raw[:, node + 1] = of_raw & (codes == OPS.index("skip"))
    leaves = np.array([5 - len({0, *one}) for one in LINKS])[genomes[:, 0]]
    out = dim if setting["post"] else classes
    last = (dim + 1) * classes if setting["post"] else 0
    return np.asarray(total + (leaves * dim + 1) * out + last, dtype=np.int64)
