"""Training an autoencoder of the configuration with the shared loop."""

from __future__ import annotations

from collections.abc import Callable

import torch

from soapbubble.autoencoders.pictures import Pictures
from soapbubble.autoencoders.task import AutoencoderTask
from soapbubble.config.autoencoders import Autoencoder, SharedTraining, Training
from soapbubble.errors import SoapbubbleError
from soapbubble.measuring.training import Checkpoint, Curve, Plan, warm_up_and_decay
from soapbubble.measuring.training import train as train_task
from soapbubble.models.autoencoder import AutoencoderNet, build


def device_of(settings: SharedTraining, key: str = "autoencoders.training") -> torch.device:
    """The device to train on, as `settings` at `key` say: CUDA if asked for, or if `auto` and there is one."""
    if settings.device == "cuda" and not torch.cuda.is_available():
        raise SoapbubbleError(f"{key}.device: cuda was asked for and there is none; use auto or cpu.")
    found = settings.device == "cuda" or (settings.device == "auto" and torch.cuda.is_available())
    return torch.device("cuda" if found else "cpu")


def plan_of(spec: Autoencoder, settings: Training) -> Plan:
    """How a model is trained: its own settings where it has some, else those of all models."""
    steps = settings.steps if spec.steps is None else spec.steps
    return Plan(
        steps=steps,
        batch_size=settings.batch_size if spec.batch_size is None else spec.batch_size,
        lr=warm_up_and_decay(settings.lr if spec.lr is None else spec.lr, steps, settings.warm_up, settings.decay),
        validate_every=settings.validate_every,
        patience=settings.patience if spec.early_stop else None,
        checkpoint_seconds=settings.checkpoint_seconds,
    )


def train(
    name: str,
    spec: Autoencoder,
    settings: Training,
    pictures: Pictures,
    seed: int,
    checkpoint: Checkpoint | None = None,
    watch: Callable[[int, AutoencoderNet], None] | None = None,
) -> tuple[AutoencoderNet, Curve, torch.Tensor]:
    """Train the network of `spec` whose weights, batches and noise come from `seed`.

    Args:
        name: the model, named when its training fails.
        checkpoint: where the state is kept from time to time, and taken up from after an interruption.
        watch: called with the number of steps done and the network, before the first step and after each.

    Returns:
        The network with the weights of the best validation (of the last step without early stopping), its learning
        curve, and of each training image (n,) whether any batch had it before those weights.

    Raises:
        SoapbubbleError: the loss is not finite any more, or tenfold that of the untrained network.
    """
    network = build(spec, seed).to(device_of(settings))
    task = AutoencoderTask(network, pictures.train, pictures.validation, seed)
    curve, seen = train_task(task, plan_of(spec, settings), seed, f"autoencoders.models.{name}", checkpoint, watch)
    return network.cpu(), curve, seen
