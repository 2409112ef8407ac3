"""Training small networks: Adam with a learning rate for each step; with validation, early stopping and checkpoints."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn
from torch.optim.adam import adam

from soapbubble.errors import SoapbubbleError
from soapbubble.progress import progress

DIVERGED = 10.0  # times the validation loss of the untrained network

Schedule = Callable[[int], float]


def linear_decay(lr: float, steps: int) -> Schedule:
    """Falls from `lr` to zero over `steps`."""
    return lambda step: lr * (1 - step / steps)


def warm_up_and_decay(lr: float, steps: int, warm_up: int, decay: float) -> Schedule:
    """Rises to `lr` over `warm_up` steps, stays, and falls to zero over the last share `decay` of `steps`."""

    def at(step: int) -> float:
        rising = min(1.0, (step + 1) / warm_up) if warm_up else 1.0
        return lr * rising * min(1.0, (1 - step / steps) / decay)

    return at


def cosine_decay(lr: float, steps: int) -> Schedule:
    """Falls from `lr` to zero along half a cosine (Loshchilov and Hutter 2017)."""
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    rates = []
    for _ in range(steps):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return rates.__getitem__


def random_batches(total: int, batch_size: int, steps: int, seed: int) -> torch.Tensor:
    """Rows (steps, batch_size) below `total`, drawn with replacement from `seed`."""
    return torch.randint(total, (steps, batch_size), generator=torch.Generator().manual_seed(seed))


class Adam:
    """Adam (Kingma and Ba 2015) as `torch.optim.Adam` computes it, which loads a compiler first: a second and more.

    `state` has for each parameter the steps done and the running means of its gradients and of their squares.
    """

    def __init__(self, parameters: Iterable[torch.Tensor], fused: bool = True) -> None:
        self.parameters, self.fused = list(parameters), fused
        self.state = [
            {
                "step": torch.zeros((), device=parameter.device),
                "exp_avg": torch.zeros_like(parameter, requires_grad=False),
                "exp_avg_sq": torch.zeros_like(parameter, requires_grad=False),
            }
            for parameter in self.parameters
        ]

    def step(self, loss: torch.Tensor, lr: float) -> None:
        """Make `loss` smaller: change all parameters that it depends on, in place."""
        for parameter in self.parameters:
            parameter.grad = None
        loss.backward()
        reached = [(p, p.grad, s) for p, s in zip(self.parameters, self.state, strict=True) if p.grad is not None]
        with torch.no_grad():
            adam(
                [parameter for parameter, _, _ in reached],
                [gradient for _, gradient, _ in reached],
                [state["exp_avg"] for _, _, state in reached],
                [state["exp_avg_sq"] for _, _, state in reached],
                [],
                [state["step"] for _, _, state in reached],
                fused=self.fused,
                amsgrad=False,
                beta1=0.9,
                beta2=0.999,
                lr=lr,
                weight_decay=0,
                eps=1e-8,
                maximize=False,
            )


def fit(
    parameters: Iterable[torch.Tensor],
    loss: Callable[[int], torch.Tensor],
    steps: int,
    lr: float | Schedule,
    fused: bool = True,
    doing: str | None = None,
) -> list[float]:
    """Minimise `loss(step)` over `parameters`, in place, with Adam (Kingma and Ba 2015).

    Args:
        lr: the learning rate, or what it is at each step.
        fused: another order of the same operations; False repeats trainings that were written without.
        doing: shown with a progress bar.

    Returns:
        The loss before each step.
    """
    optimiser = Adam(parameters, fused)
    losses = []
    for step in progress(range(steps), doing) if doing else range(steps):
        value = loss(step)
        optimiser.step(value, lr(step) if callable(lr) else lr)
        losses.append(value.detach())
    return torch.stack(losses).tolist() if losses else []


class Task(Protocol):
    """What `train` trains: a network, its loss on rows of the training set, and its losses on the validation set."""

    @property
    def network(self) -> nn.Module:
        """What is trained."""

    total: int
    """rows of the training set"""

    def loss(self, rows: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """What is minimised, and what is recorded beside the validation loss; `generator` draws all noise."""

    def validation(self) -> Mapping[str, float]:
        """Losses on the validation set, "loss" among them, which stops training; the same noise at every call."""


@dataclass(frozen=True)
class Plan:
    """How to train: at most `steps` of `batch_size` rows, validated every `validate_every` steps and at the end.

    `patience`: validations without improvement before stopping; None: train to the end and keep the last weights.
    """

    steps: int
    batch_size: int
    lr: Schedule
    validate_every: int
    patience: int | None = None
    checkpoint_seconds: float = math.inf


@dataclass
class Curve:
    """How a training went: at each validation, the steps done, the mean training loss since the last, and the losses.

    `validation` has a list for each of the task's validation losses.
    """

    step: list[int] = field(default_factory=list)
    train_loss: list[float] = field(default_factory=list)
    validation: dict[str, list[float]] = field(default_factory=dict)

    @property
    def best(self) -> int:
        """The validation with the lowest loss, the first of several."""
        losses = self.validation["loss"]
        return losses.index(min(losses))


@dataclass(frozen=True)
class Checkpoint:
    """Where a training keeps its state, and what that state belongs to: one with another purpose is not resumed."""

    path: Path
    purpose: str


def train(
    task: Task,
    plan: Plan,
    seed: int,
    name: str,
    checkpoint: Checkpoint | None = None,
    watch: Callable[[int, Any], None] | None = None,
) -> tuple[Curve, torch.Tensor]:
    """Train the network of `task` in place, in batches drawn from `seed`; interrupted, it goes on to the same weights.

    With early stopping the network is left with the weights of the best validation.

    Args:
        name: what is trained, for the progress bar and for errors.
        watch: called with the number of steps done and the network, before the first step and after each.

    Returns:
        The curve, and of each row of the training set, bool (n,), whether those weights have seen it.

    Raises:
        SoapbubbleError: the loss is not finite, or tenfold that of the untrained network.
    """
    run = _Run(task, plan, seed, name)
    if checkpoint is not None:
        run.resume(checkpoint)
    if watch is not None and run.done == 0:
        watch(0, task.network)
    saved = time.monotonic()
    for _ in progress(range(run.done, plan.steps), f"training {name}, seed {seed}"):
        if run.stopped:
            break
        run.advance()
        if watch is not None:
            watch(run.done, task.network)
        if checkpoint is not None and time.monotonic() - saved > plan.checkpoint_seconds:
            run.save(checkpoint)
            saved = time.monotonic()
    if checkpoint is not None:
        run.save(checkpoint)
    return run.finish()


class _Run:
    """One training: all that has to be kept to go on as if it had not been interrupted."""

    def __init__(self, task: Task, plan: Plan, seed: int, name: str) -> None:
        self.task, self.plan, self.name = task, plan, name
        self.optimiser = Adam(task.network.parameters())
        self.generator = torch.Generator().manual_seed(seed)
        self.best = self._weights()
        self.seen = torch.zeros(task.total, dtype=torch.bool)
        self.seen_by_best = self.seen.clone()
        self.untrained = self._validated()["loss"]
        self.curve = Curve()
        self.recent: list[torch.Tensor] = []
        self.done = 0

    @property
    def stopped(self) -> bool:
        validations = len(self.curve.step)
        return (
            self.plan.patience is not None
            and validations > 0
            and validations - 1 - self.curve.best >= self.plan.patience
        )

    def advance(self) -> None:
        """One step, and a validation when it is time for one."""
        rows = torch.randint(self.task.total, (self.plan.batch_size,), generator=self.generator)
        self.seen[rows] = True
        loss, recorded = self.task.loss(rows, self.generator)
        self.optimiser.step(loss, self.plan.lr(self.done))
        self.recent.append(recorded.detach())
        self.done += 1
        if self.done % self.plan.validate_every == 0 or self.done == self.plan.steps:
            self._validate()

    def finish(self) -> tuple[Curve, torch.Tensor]:
        self.task.network.eval()
        if self.plan.patience is None:
            return self.curve, self.seen
        self.task.network.load_state_dict(self.best)
        return self.curve, self.seen_by_best

    def _weights(self) -> dict[str, torch.Tensor]:
        return {key: value.clone() for key, value in self.task.network.state_dict().items()}

    @torch.no_grad()
    def _validated(self) -> Mapping[str, float]:
        self.task.network.eval()
        losses = self.task.validation()
        self.task.network.train()
        return losses

    def _validate(self) -> None:
        losses = self._validated()
        train_loss = float(torch.stack(self.recent).mean())
        self.recent = []
        loss = losses["loss"]
        if not (math.isfinite(loss) and math.isfinite(train_loss)) or loss > DIVERGED * abs(self.untrained):
            raise SoapbubbleError(
                f"{self.name}: training diverged before step {self.done} (validation loss {loss:.4g}, untrained "
                f"{self.untrained:.4g}); lower its learning rate."
            )
        self.curve.step.append(self.done)
        self.curve.train_loss.append(train_loss)
        for key, value in losses.items():
            self.curve.validation.setdefault(key, []).append(value)
        if self.curve.best == len(self.curve.step) - 1:
            self.best, self.seen_by_best = self._weights(), self.seen.clone()

    def save(self, checkpoint: Checkpoint) -> None:
        """Write the state under its name when it is whole."""
        tensors = {f"network/{key}": value for key, value in self.task.network.state_dict().items()}
        tensors |= {f"best/{key}": value for key, value in self.best.items()}
        for number, of_parameter in enumerate(self.optimiser.state):
            tensors |= {f"optimiser/{number}/{key}": value for key, value in of_parameter.items()}
        tensors |= {"seen": self.seen, "seen by best": self.seen_by_best, "generator": self.generator.get_state()}
        tensors["recent"] = torch.stack(self.recent) if self.recent else torch.zeros(0)
        state = {"purpose": checkpoint.purpose, "done": self.done, "curve": asdict(self.curve)}
        part = checkpoint.path.with_suffix(".part")
        part.parent.mkdir(parents=True, exist_ok=True)
        kept = {key: value.cpu().contiguous().clone() for key, value in tensors.items()}
        save_file(kept, part, metadata={"state": json.dumps(state)})
        part.replace(checkpoint.path)

    def resume(self, checkpoint: Checkpoint) -> None:
        """Go on from the state at `checkpoint` if there is one of the same purpose; a damaged one counts as none."""
        try:
            with safe_open(checkpoint.path, framework="pt") as file:
                state = json.loads(file.metadata()["state"])
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a mapping)
        except (FileNotFoundError, SafetensorError, TypeError, KeyError, ValueError):
            return
        if state["purpose"] != checkpoint.purpose:
            return
        device = self.optimiser.parameters[0].device
        self.task.network.load_state_dict(_below("network/", tensors))
        self.best = {key: value.to(device) for key, value in _below("best/", tensors).items()}
        for number, of_parameter in enumerate(self.optimiser.state):
            for key, value in of_parameter.items():
                value.copy_(tensors[f"optimiser/{number}/{key}"])
        self.seen, self.seen_by_best = tensors["seen"], tensors["seen by best"]
        self.generator.set_state(tensors["generator"])
        self.recent = list(tensors["recent"].to(device))
        self.curve = Curve(**state["curve"])
        self.done = state["done"]


def _below(prefix: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
