"""torch modules trained on digits in torch, certified through `from_torch` and through an ONNX export of each.

    python benchmarks/torch_networks.py [NETWORK ...] [--examples 12] [--seed 0] > table.md

The Jacobian is compared with torch's own in double precision, relative to its largest entry. Seconds are processor time
of certify_minimum in one thread. BatchNorm uses running statistics; the ONNX files are written without optimisations,
which would fold it into convolutions and with that change the parameters.
"""

import argparse
import os
import sys
import tempfile
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

# One thread, set before any library is loaded.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import jax  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from digit_networks import digits  # noqa: E402
from torch import nn  # noqa: E402

import stabproof as sp  # noqa: E402

CLASSES, OPSET = 10, 18
# Adam's steps end where every residual is below this, or after so many: certify_minimum polishes.
SMALL, STEPS = 1e-3, 6000


class Recurrent(nn.Module):
    """A GRU over the eight rows of the picture."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.out = nn.GRU(8, 16, batch_first=True), nn.Linear(16, CLASSES)

    def forward(self, x: Any) -> Any:
        return self.out(self.cell(x)[0][:, -1])


class Encoder(nn.Module):
    """A transformer encoder of one layer over the rows, with learned positions and a causal mask."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.position = nn.Linear(8, 16), nn.Parameter(0.3 * torch.randn(8, 16))
        layer = nn.TransformerEncoderLayer(16, 4, 32, dropout=0.1, activation="gelu", batch_first=True)
        self.encoder, self.out = nn.TransformerEncoder(layer, 1), nn.Linear(16, CLASSES)

    def forward(self, x: Any) -> Any:
        mask = nn.Transformer.generate_square_subsequent_mask(8, dtype=x.dtype)
        return self.out(self.encoder(self.embed(x) + self.position, mask=mask, is_causal=True).mean(1))


class Block(nn.Module):
    """Two convolutions with BatchNorm, a projection where the size changes."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after))
        self.second = nn.Sequential(nn.Conv2d(after, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after))
        project = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))
        self.short = nn.Identity() if stride == 1 else project

    def forward(self, x: Any) -> Any:
        return torch.relu(self.short(x) + self.second(torch.relu(self.first(x))))


class ResNet8(nn.Module):
    """He et al. (2016), section 4.2, with n = 1: eight layers, here of 6, 12 and 24 channels."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(1, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6), nn.ReLU())
        self.blocks = nn.Sequential(Block(6, 6, 1), Block(6, 12, 2), Block(12, 24, 2))
        self.out = nn.Linear(24, CLASSES)

    def forward(self, x: Any) -> Any:
        return self.out(self.blocks(self.first(x.unsqueeze(1))).mean((2, 3)))


def _mlp() -> nn.Module:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, CLASSES)
    )


def _cnn() -> nn.Module:
    convolutions = [nn.Unflatten(1, (1, 8)), nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    convolutions += [nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*convolutions, nn.Flatten(), nn.Linear(64, CLASSES))


NETWORKS = {"MLP": _mlp, "CNN with max-pool": _cnn, "GRU": Recurrent, "encoder": Encoder, "ResNet-8": ResNet8}


def trained(name: str, inputs: np.ndarray, targets: np.ndarray, seed: int) -> nn.Module:
    """The module after Adam in float32; statistics of BatchNorm are frozen after a twentieth of the steps."""
    torch.manual_seed(seed)
    module = NETWORKS[name]().train()
    x, y = (torch.as_tensor(a, dtype=torch.float32) for a in (inputs, targets))
    optimizer = torch.optim.Adam(module.parameters(), lr=2e-3)
    for step in range(STEPS):
        if step == STEPS // 20:
            module.eval()
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * min(1.0, 4.0 * (1 - step / STEPS))
        residual = module(x) - y
        if not module.training and residual.abs().max() < SMALL:
            break
        optimizer.zero_grad()
        (residual**2).mean().backward()
        optimizer.step()
    return module.eval()


def jacobian_error(module: nn.Module, model: Any, x: np.ndarray) -> float:
    """Largest difference from torch's Jacobian in double precision, over its largest entry."""
    doubled = type(module)() if not isinstance(module, nn.Sequential) else module
    doubled = doubled.double().eval()
    doubled.load_state_dict(module.state_dict())
    weights = {n: p.detach() for n, p in doubled.named_parameters()}

    def output(w: dict[str, Any]) -> Any:
        return torch.func.functional_call(doubled, w, (torch.as_tensor(x)[None],)).reshape(-1)

    theirs = torch.func.jacrev(output)(weights)
    with jax.enable_x64(True):
        ours = jax.jit(jax.jacrev(model.predict))(model.params, x)
    scale = max(float(j.abs().max()) for j in theirs.values())
    return max(float(np.abs(np.asarray(ours[n]) - theirs[n].numpy()).max()) for n in weights) / scale


def proved(model: Any, inputs: np.ndarray, targets: np.ndarray, rate: float) -> tuple[Any, float, str]:
    """The certificate, processor seconds, and the cells of the table."""
    problem = sp.Regression(model.predict, model.params, inputs, targets)
    start = time.process_time()
    certificate = sp.certify_minimum(problem, sp.GradientDescent(rate))
    seconds = time.process_time() - start
    radius = certificate.existence_radius
    if certificate.verdict.name == "UNDECIDED":
        print(certificate.reason, file=sys.stderr, flush=True)
    reach = "-" if radius is None else f"{radius:.0e}"
    return certificate, seconds, f"{problem.dimension} | {certificate.verdict.name} | {reach} | {seconds:.1f}"


def exported(module: nn.Module, example: np.ndarray, folder: str) -> Any:
    """The model of the module's ONNX file."""
    path = Path(folder) / "module.onnx"
    arguments = (torch.as_tensor(example, dtype=torch.float32),)
    options = {"dynamo": True, "opset_version": OPSET, "optimize": False, "external_data": False, "verbose": False}
    torch.onnx.export(module, arguments, str(path), **options)
    return sp.from_onnx(path)


def row(name: str, inputs: np.ndarray, targets: np.ndarray, seed: int) -> str:
    """A line of the table."""
    module = trained(name, inputs, targets, seed)
    model = sp.from_torch(module, torch.as_tensor(inputs[:1], dtype=torch.float32))
    with tempfile.TemporaryDirectory() as folder:
        twin = exported(module, inputs[:1], folder)
    certificate, _, cells = proved(model, inputs, targets, 1e-3)
    other, _, more = proved(twin, inputs, targets, 1e-3)
    ours, theirs = certificate.sharpness, other.sharpness
    gap = "-" if ours is None or theirs is None else f"{abs(ours.midpoint - theirs.midpoint) / ours.midpoint:.0e}"
    error = jacobian_error(module, model, inputs[0])
    return f"| {name} | {error:.0e} | {cells} | {more} | {gap} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", metavar="NETWORK")
    parser.add_argument("--examples", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    chosen = [name for name in NETWORKS if not options.networks or name.startswith(tuple(options.networks))]
    if not chosen:
        sys.exit(f"no network is called that; there are {', '.join(NETWORKS)}")
    inputs, labels = digits(options.examples, options.seed)
    targets = np.eye(CLASSES)[np.rint(9 * labels).astype(int)]
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "onnx", "jax", "numpy"))
    print(f"Python {sys.version.split()[0]}, {packages}, {len(inputs)} digits, seed {options.seed}.\n")
    both = "parameters | verdict | radius | CPU seconds"
    print(f"| module | Jacobian against torch | {both} | in ONNX: {both} | sharpness, relative difference |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for name in chosen:
        print(row(name, inputs, targets, options.seed), flush=True)


if __name__ == "__main__":
    main()
