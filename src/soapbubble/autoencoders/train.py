"""Training an autoencoder: pictures in one tensor, early stop on the held-out loss, resumed from a checkpoint."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from soapbubble.autoencoders.pictures import Pictures
from soapbubble.config.autoencoders import Autoencoder, Training
from soapbubble.errors import SoapbubbleError
from soapbubble.models.autoencoder import AutoencoderNet, build, distortion, objective, rate
from soapbubble.progress import progress

DIVERGED = 10.0  # times the held-out loss of the untrained network
LOOK = 512  # pictures at a time when nothing is learnt

Watch = Callable[[int, AutoencoderNet], None]


@dataclass
class Curve:
    """How a training went: a value at each look at the held-out pictures, in nats a picture.

    The held-out loss is the distortion plus the effective beta times the rate.
    """

    step: list[int] = field(default_factory=list)
    train_loss: list[float] = field(default_factory=list)
    held_out_loss: list[float] = field(default_factory=list)
    held_out_distortion: list[float] = field(default_factory=list)
    held_out_rate: list[float] = field(default_factory=list)

    @property
    def best(self) -> int:
        """The look with the lowest held-out loss."""
        return min(range(len(self.step)), key=lambda look: self.held_out_loss[look])


@dataclass(frozen=True)
class Checkpoint:
    """Where a training keeps its state, and what that state belongs to: another purpose's is not taken up."""

    path: Path
    purpose: str


def device_of(settings: Training) -> torch.device:
    """The device to train on: CUDA if asked for, or if `auto` and there is one."""
    if settings.device == "cuda" and not torch.cuda.is_available():
        raise SoapbubbleError("autoencoders.training.device: cuda was asked for and there is none; use auto or cpu.")
    found = settings.device == "cuda" or (settings.device == "auto" and torch.cuda.is_available())
    return torch.device("cuda" if found else "cpu")


def learning_rate(step: int, steps: int, settings: Training, highest: float) -> float:
    """Rises over `warm_up` steps, stays, and falls to zero over the last share `decay` of `steps`."""
    rising = min(1.0, (step + 1) / settings.warm_up) if settings.warm_up else 1.0
    return highest * rising * min(1.0, (1 - step / steps) / settings.decay)


def train(
    name: str,
    spec: Autoencoder,
    settings: Training,
    pictures: Pictures,
    seed: int,
    checkpoint: Checkpoint | None = None,
    watch: Watch | None = None,
) -> tuple[AutoencoderNet, Curve, torch.Tensor]:
    """Train the network of `spec` whose weights, batches and noise come from `seed`.

    Args:
        name: the model, named when its training fails.
        checkpoint: where the state is kept from time to time, and taken up from after an interruption.
        watch: called with the number of steps done and the network, before the first step and after each.

    Returns:
        The network with the weights of the best look (of the last step without early stop), its curve, and of each
        training picture (n,) whether any batch had it before those weights: a short training never sees them all.

    Raises:
        SoapbubbleError: the loss is not finite any more, or tenfold that of the untrained network.
    """
    run = _Run(name, spec, settings, pictures, seed)
    if checkpoint is not None:
        run.resume(checkpoint)
    if watch is not None and run.done == 0:
        watch(0, run.network)
    saved = time.monotonic()
    for _ in progress(range(run.done, run.steps), f"training {name}, seed {seed}"):
        if run.stopped:
            break
        run.advance()
        if watch is not None:
            watch(run.done, run.network)
        if checkpoint is not None and time.monotonic() - saved > settings.checkpoint_seconds:
            run.save(checkpoint)
            saved = time.monotonic()
    if checkpoint is not None:
        run.save(checkpoint)
    return run.result()


class _Run:
    """One training: all that has to be kept to go on as if nothing had happened."""

    def __init__(self, name: str, spec: Autoencoder, settings: Training, pictures: Pictures, seed: int) -> None:
        self.name, self.spec, self.settings = name, spec, settings
        self.device = device_of(settings)
        self.steps = settings.steps if spec.steps is None else spec.steps
        self.batch = settings.batch if spec.batch is None else spec.batch
        self.rate = settings.rate if spec.rate is None else spec.rate
        layout = torch.channels_last
        self.train = pictures.train.to(self.device, memory_format=layout)
        self.held_out = pictures.validation.to(self.device, memory_format=layout)
        self.network = build(spec, seed).to(self.device)
        self.parameters = list(self.network.parameters())
        self.optimiser = torch.optim.Adam(self.parameters, lr=self.rate, fused=True)
        self.generator = torch.Generator().manual_seed(seed)
        self.look_seed = seed
        self.best = {key: value.clone() for key, value in self.network.state_dict().items()}
        self.drawn = torch.zeros(len(self.train), dtype=torch.bool)
        self.drawn_by_best = self.drawn.clone()
        self.untrained, *_ = self._held_out_loss()
        self.curve = Curve()
        self.done = 0
        self.recent: list[torch.Tensor] = []

    @property
    def stopped(self) -> bool:
        looks = len(self.curve.step)
        return self.spec.early_stop and looks > 0 and looks - 1 - self.curve.best >= self.settings.patience

    def advance(self) -> None:
        """One step, and a look at the held-out pictures if it is time for one."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.done, self.steps, self.settings, self.rate)
        rows = torch.randint(len(self.train), (self.batch,), generator=self.generator)
        self.drawn[rows] = True
        lost, divergence = self._terms(self.train[rows.to(self.device)], self.generator)
        loss = objective(self.network, lost, divergence)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.recent.append((lost + self.spec.effective_beta * divergence).mean().detach())
        self.done += 1
        if self.done % self.settings.check_every == 0 or self.done == self.steps:
            self._look()

    def _terms(self, pictures: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        mean, log_variance = self.network.encode(pictures)
        shown = self.network.decode(self.network.draw(mean, log_variance, generator))
        return distortion(self.network, shown, pictures), rate(mean, log_variance)

    @torch.no_grad()
    def _held_out_loss(self) -> tuple[float, float, float]:
        """The loss on the held-out pictures, with its distortion and its rate."""
        self.network.eval()
        # The same noise at every look: the loss then changes with the weights alone.
        generator = torch.Generator().manual_seed(self.look_seed)
        terms = [self._terms(part, generator) for part in self.held_out.split(LOOK)]
        self.network.train()
        lost = float(torch.cat([term[0] for term in terms]).mean())
        divergence = float(torch.cat([term[1] for term in terms]).mean())
        return lost + self.spec.effective_beta * divergence, lost, divergence

    def _look(self) -> None:
        loss, lost, divergence = self._held_out_loss()
        trained = float(torch.stack(self.recent).mean())
        self.recent = []
        if not (math.isfinite(loss) and math.isfinite(trained)) or loss > DIVERGED * abs(self.untrained):
            raise SoapbubbleError(
                f"autoencoders.models.{self.name}: training diverged before step {self.done} (held-out loss {loss:.4g},"
                f" untrained {self.untrained:.4g}); lower its `rate`."
            )
        for values, value in zip(asdict(self.curve), (self.done, trained, loss, lost, divergence), strict=True):
            getattr(self.curve, values).append(value)
        if self.curve.best == len(self.curve.step) - 1:
            self.best = {key: value.clone() for key, value in self.network.state_dict().items()}
            self.drawn_by_best = self.drawn.clone()

    def result(self) -> tuple[AutoencoderNet, Curve, torch.Tensor]:
        if self.spec.early_stop:
            self.network.load_state_dict(self.best)
        return self.network.cpu().eval(), self.curve, self.drawn_by_best if self.spec.early_stop else self.drawn

    def save(self, checkpoint: Checkpoint) -> None:
        """Write the state under its name when it is whole."""
        tensors = {f"network/{key}": value for key, value in self.network.state_dict().items()}
        tensors |= {f"best/{key}": value for key, value in self.best.items()}
        for number, parameter in enumerate(self.parameters):
            for key, value in self.optimiser.state[parameter].items():
                tensors[f"optimiser/{number}/{key}"] = value
        tensors |= {"drawn": self.drawn, "drawn by best": self.drawn_by_best}
        tensors["generator"] = self.generator.get_state()
        tensors["recent"] = torch.stack(self.recent) if self.recent else torch.zeros(0)
        state = {"purpose": checkpoint.purpose, "done": self.done, "curve": asdict(self.curve)}
        part = checkpoint.path.with_suffix(".part")
        part.parent.mkdir(parents=True, exist_ok=True)
        kept = {key: value.cpu().contiguous().clone() for key, value in tensors.items()}
        save_file(kept, part, metadata={"state": json.dumps(state)})
        part.replace(checkpoint.path)

    def resume(self, checkpoint: Checkpoint) -> None:
        """Take up the state at `checkpoint` if there is one of the same purpose; a damaged one is none."""
        try:
            with safe_open(checkpoint.path, framework="pt") as file:
                state = json.loads(file.metadata()["state"])
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a mapping)
        except (FileNotFoundError, SafetensorError, TypeError, KeyError, ValueError):
            return
        if state["purpose"] != checkpoint.purpose:
            return
        self.network.load_state_dict(_below("network/", tensors))
        self.best = {key: value.to(self.device) for key, value in _below("best/", tensors).items()}
        for number, parameter in enumerate(self.parameters):
            kept = _below(f"optimiser/{number}/", tensors)
            # Beside the weights the optimiser's numbers lie in memory as the weights do.
            self.optimiser.state[parameter] = {
                key: torch.empty_like(parameter, requires_grad=False).copy_(value) if value.ndim else value
                for key, value in kept.items()
            }
        self.drawn, self.drawn_by_best = tensors["drawn"], tensors["drawn by best"]
        self.generator.set_state(tensors["generator"])
        self.recent = list(tensors["recent"])
        self.curve = Curve(**state["curve"])
        self.done = state["done"]


def _below(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
