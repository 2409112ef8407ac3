"""Whether a decoder of faces adds up patterns: how far from linear each stage is, and how many directions matter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np
import torch

from soapbubble.lab import Lab
from soapbubble.measurements import Outcome
from soapbubble.measuring.jacobian import Jacobian
from soapbubble.models.face_autoencoder import FaceAutoencoderNet
from soapbubble.parts.declaration import Part, Reads, setting
from soapbubble.progress import progress


class Superposition(Part):
    """Sums of latent vectors through the decoder, stage by stage, and the rank of its Jacobian."""

    seed: int = setting(45000, ge=0, doc="seed of the choice of codes")
    models: dict[str, str] = setting(
        {"case I": "faces-case-1", "case II": "faces-case-2"},
        min_length=1,
        doc="trained models, by their names in tables",
    )
    pairs: int = setting(48, smoke=4, ge=1, doc="pairs of codes of held-out faces")
    # each needs as many passes as there are latents
    jacobian_models: list[str] = setting(["case I"], doc="those whose Jacobian is taken")
    points: int = setting(2, smoke=1, ge=1, doc="codes at which it is taken")
    energy: float = setting(0.95, gt=0, lt=1, doc="share of the Jacobian's squared norm that directions must hold")

    def reads(self) -> Reads:
        return Reads(data=["faces"], models=[*self.models.values()], memory_mb=1300)


def measure(cfg: Superposition, lab: Lab) -> Outcome:
    """The superposition index after every stage, and the directions of latent space that move the image."""
    out = Outcome()
    for case, name in progress(list(cfg.models.items()), "superposition"):
        model = lab.faces[name]
        for replicate in model.replicates:
            for trained, network, latents in (
                ("yes", model.network(replicate), model.latents(replicate).test),
                ("no", model.untrained(replicate), model.untrained_latents(replicate).test),
            ):
                rng = np.random.default_rng((cfg.seed, replicate))
                codes = torch.from_numpy(latents[rng.permutation(len(latents))])
                where = {"model": case, "trained": trained}
                half = min(cfg.pairs, len(codes) // 2)
                a, b = codes[:half], codes[half : 2 * half]
                for depth, (stage, index) in enumerate(superposition_indices(stages(network), a, b).items()):
                    out.add("superposition_index", index, {**where, "stage": stage, "depth": depth}, replicate, n=half)
                if case in cfg.jacobian_models:
                    image = torch.nn.Sequential(*stages(network).values())
                    found = [jacobian_directions(image, point, cfg.energy) for point in codes[: cfg.points]]
                    out.add("jacobian_directions", np.mean(found), where, replicate, n=len(found))
    return out


def stages(network: FaceAutoencoderNet) -> dict[str, torch.nn.Module]:
    """What the decoder does, one after the other: its dense layer, each convolution with its ReLU, the last, and on."""
    layers = list(network.decoder)
    ends = [1 + place for place, layer in enumerate(layers) if isinstance(layer, torch.nn.LeakyReLU)]
    found: dict[str, torch.nn.Module] = {"dense": network.decoder[:1]}
    for number, (start, end) in enumerate(pairwise([1, *ends]), start=1):
        found[f"convolution {number}"] = network.decoder[start:end]
    return found | {"log-odds": network.decoder[ends[-1] :], "image": torch.nn.Sigmoid()}


@torch.inference_mode()
def superposition_indices(
    stages: Mapping[str, Callable[[torch.Tensor], torch.Tensor]], a: torch.Tensor, b: torch.Tensor
) -> dict[str, float]:
    """Length of f(a + b) - f(a) - f(b) + f(0) over that of f(a + b) - f(0), for pairs (n, d): 0 where f is affine.

    f is all that happens up to a stage; each of the `stages` goes on with what the one before made.
    """
    nothing, whole, first, second = torch.zeros_like(a), a + b, a, b
    found = {}
    for name, stage in stages.items():
        nothing, whole, first, second = (stage(reached) for reached in (nothing, whole, first, second))
        rest = whole - first - second + nothing
        found[name] = float(torch.linalg.vector_norm(rest) / torch.linalg.vector_norm(whole - nothing))
    return found


def jacobian_directions(function: Callable[[torch.Tensor], torch.Tensor], point: torch.Tensor, energy: float) -> int:
    """How many directions of latent space (d,) hold the share `energy` of the squared norm of the Jacobian there."""
    jacobian = Jacobian(function, point[None]).times(torch.eye(len(point)))
    squares = torch.linalg.eigvalsh((jacobian @ jacobian.T).double()).flip(0).clamp(min=0)
    return int((squares.cumsum(0) < energy * squares.sum()).sum()) + 1
