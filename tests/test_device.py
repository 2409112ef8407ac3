"""Where networks are trained: the device is the one asked for, and all of a step's tensors lie on it.

PyTorch's device `meta`, which has shapes and no numbers, stands in for a GPU: what is computed there stays there.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from study_fixture import CONFIG
from torch import nn

from soapbubble.autoencoders.face_train import FaceTask
from soapbubble.autoencoders.task import AutoencoderTask
from soapbubble.autoencoders.train import device_of
from soapbubble.config.autoencoders import Autoencoder
from soapbubble.config.face_autoencoders import FaceAutoencoder
from soapbubble.errors import SoapbubbleError
from soapbubble.measuring import training
from soapbubble.measuring.training import Adam, Checkpoint, Plan, Task
from soapbubble.models.autoencoder import build
from soapbubble.models.face_autoencoder import build_face_autoencoder

STAND_IN = torch.device("meta")
TRAINING = CONFIG.autoencoders.training


def asking_for(device: str):
    return TRAINING.model_copy(update={"device": device})


@pytest.mark.parametrize(
    ("asked", "there_is_one", "found"),
    [
        ("auto", False, "cpu"),
        ("auto", True, "cuda"),
        ("cuda", True, "cuda"),
        ("cpu", True, "cpu"),
        ("cpu", False, "cpu"),
    ],
)
def test_the_device_is_the_one_asked_for(monkeypatch, asked, there_is_one, found):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there_is_one)
    assert device_of(asking_for(asked)) == torch.device(found)


@pytest.mark.parametrize("key", ["autoencoders.training", "face_autoencoders.training"])
def test_a_gpu_that_is_not_there_is_named_in_one_sentence(monkeypatch, key):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SoapbubbleError) as caught:
        device_of(asking_for("cuda"), key)
    assert str(caught.value) == f"{key}.device: cuda was asked for and there is none; use auto or cpu."


def digits_task(**shape) -> Task:
    network = build(Autoencoder(side=28, width=4, **shape), seed=1).to(STAND_IN)
    return AutoencoderTask(network, torch.rand(8, 1, 28, 28), torch.rand(4, 1, 28, 28), seed=1)


def grid_task() -> Task:
    return digits_task(bottleneck="grid", grid=7, channels=2)


def dense_task() -> Task:
    return digits_task(bottleneck="dense", grid=1, channels=6)


def faces_task() -> Task:
    spec = FaceAutoencoder(filters=[4, 6], kernels=[5, 3], decoder_filters=[6], decoder_kernels=[3, 5], z_dim=7)
    images = np.zeros((8, 16, 16, 3), np.uint8)
    return FaceTask(build_face_autoencoder(spec, 16, seed=1).to(STAND_IN), images, images[:4])


@pytest.mark.parametrize("task_of", [grid_task, dense_task, faces_task])
def test_a_step_of_training_leaves_the_device_with_nothing(task_of):
    task = task_of()
    optimiser = Adam(task.network.parameters())
    loss, recorded = task.loss(torch.arange(4), torch.Generator().manual_seed(1))
    assert loss.device == recorded.device == STAND_IN
    optimiser.step(loss, 0.1)
    assert all(parameter.grad.device == STAND_IN for parameter in task.network.parameters())
    assert all(value.device == STAND_IN for state in optimiser.state for value in state.values())


class Mean:
    """A linear layer that learns zeros on a device; its validation is a constant."""

    total = 8

    def __init__(self, device: torch.device) -> None:
        self.network = nn.Linear(3, 1).to(device)
        self.x = torch.ones((self.total, 3), device=device)

    def loss(self, rows: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        loss = self.network(self.x[rows.to(self.x.device)]).square().mean()
        return loss, loss

    def validation(self) -> dict[str, float]:
        return {"loss": 1.0}


@pytest.mark.filterwarnings("ignore:for .* copying from a non-meta parameter")  # numbers are lost, as they shall
def test_a_training_taken_up_again_goes_on_on_the_device(tmp_path):
    checkpoint = Checkpoint(tmp_path / "state.safetensors", "a test")
    plan = Plan(steps=9, batch_size=4, lr=lambda step: 0.1, validate_every=9)
    interrupted = training._Run(Mean(torch.device("cpu")), plan, 1, "a test")
    for _ in range(3):
        interrupted.advance()
    interrupted.save(checkpoint)
    taken_up = training._Run(Mean(STAND_IN), plan, 1, "a test")
    taken_up.resume(checkpoint)
    taken_up.advance()
    assert taken_up.done == 4
    assert [loss.device for loss in taken_up.recent] == [STAND_IN] * 4
    assert {value.device for value in taken_up.best.values()} == {STAND_IN}
    assert {value.device for state in taken_up.optimiser.state for value in state.values()} == {STAND_IN}
