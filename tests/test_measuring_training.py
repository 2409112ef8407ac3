"""The training loop of all small networks: the same again, also after a stop, and stopped by its validation set."""

import math

import pytest
import torch
from torch import nn

from soapbubble.errors import SoapbubbleError
from soapbubble.measuring.training import (
    Adam,
    Checkpoint,
    Plan,
    cosine_decay,
    fit,
    linear_decay,
    random_batches,
    train,
    warm_up_and_decay,
)


class Line:
    """A line through noisy points, as a task; what is validated may be the negative of what is learnt."""

    def __init__(self, opposite=False):
        generator = torch.Generator().manual_seed(1)
        self.network = nn.Linear(3, 1)
        nn.init.zeros_(self.network.weight)
        self.x = torch.randn((64, 3), generator=generator)
        self.y = self.x @ torch.tensor([[1.0], [-2.0], [0.5]]) + 5
        self.held_out = -self.y if opposite else self.y
        self.total = 64

    def loss(self, rows, generator):
        noise = 0.01 * torch.randn((len(rows), 1), generator=generator)
        loss = (self.network(self.x[rows]) - self.y[rows] - noise).square().mean()
        return loss, loss

    def validation(self):
        return {"loss": float((self.network(self.x) - self.held_out).square().mean()) / 100 + 1, "other": 2.0}


def line(opposite=False):
    torch.manual_seed(0)
    return Line(opposite)


def weights(task):
    return torch.cat([parameter.detach().flatten() for parameter in task.network.parameters()])


PLAN = Plan(steps=20, batch_size=8, lr=linear_decay(0.05, 20), validate_every=3, checkpoint_seconds=1e-9)


def test_a_training_stopped_in_the_middle_ends_with_the_same_weights(tmp_path):
    whole = line()
    curve, seen = train(whole, PLAN, 4, "line")
    checkpoint = Checkpoint(tmp_path / "state.safetensors", "this one")

    def stop(done, network):
        if done == 7:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        train(line(), PLAN, 4, "line", checkpoint, stop)
    resumed = line()
    steps = []
    same_curve, same_seen = train(resumed, PLAN, 4, "line", checkpoint, lambda done, network: steps.append(done))
    assert steps == list(range(7, 21))
    assert torch.equal(weights(whole), weights(resumed))
    assert curve == same_curve
    assert curve.step == [3, 6, 9, 12, 15, 18, 20]
    assert torch.equal(seen, same_seen)


@pytest.mark.parametrize("patience", [2, None])
def test_early_stopping_leaves_the_weights_of_the_best_validation(patience):
    task, at = line(opposite=True), {}
    plan = Plan(30, 8, linear_decay(0.05, 30), 2, patience)
    curve, seen = train(task, plan, 4, "line", watch=lambda done, network: at.update({done: weights(task)}))
    if patience:
        assert curve.step == [2, 4, 6]
        assert curve.best == 0
        assert torch.equal(weights(task), at[2])
        assert int(seen.sum()) <= 16
    else:
        assert torch.equal(weights(task), at[30])


@pytest.mark.parametrize("cause", ["data", "learning rate"])
def test_a_training_that_diverges_is_refused_with_one_sentence(cause):
    task = line()
    if cause == "data":
        task.x = torch.full_like(task.x, math.nan)
    plan = Plan(20, 8, lambda step: 1e15 if cause == "learning rate" else 0.1, 3)
    with pytest.raises(SoapbubbleError, match=r"^line: training diverged before step 3 .*learning rate\.$"):
        train(task, plan, 4, "line")


def test_schedules_start_at_the_learning_rate_and_end_near_zero():
    for schedule in (linear_decay(0.1, 50), cosine_decay(0.1, 50), warm_up_and_decay(0.1, 50, 0, 0.5)):
        rates = [schedule(step) for step in range(50)]
        assert rates[0] == 0.1
        assert rates == sorted(rates, reverse=True)
        assert 0 < rates[-1] < 0.005
    assert cosine_decay(0.1, 50)(25) == pytest.approx(0.05)
    assert warm_up_and_decay(0.1, 50, 10, 0.5)(4) == pytest.approx(0.05)


def test_fit_finds_the_least_squares_line():
    task = line()
    rows = random_batches(64, 32, 600, seed=1)
    losses = fit(
        task.network.parameters(),
        lambda step: (task.network(task.x[rows[step]]) - task.y[rows[step]]).square().mean(),
        600,
        linear_decay(0.1, 600),
    )
    assert len(losses) == 600
    assert losses[-1] < 1e-6 < losses[0]
    assert weights(task) == pytest.approx(torch.tensor([1.0, -2.0, 0.5, 5.0]), abs=1e-3)


@pytest.mark.parametrize("fused", [False, True])
def test_adam_takes_the_same_steps_as_that_of_torch(fused):
    def trained(theirs):
        torch.manual_seed(0)
        network, unused = nn.Linear(5, 3), nn.Parameter(torch.ones(2))
        parameters = [*network.parameters(), unused]
        images = torch.randn(8, 5)
        adam = torch.optim.Adam(parameters, fused=fused) if theirs else Adam(parameters, fused)
        for rate in (0.1, 0.05, 0.02):
            loss = network(images).square().mean()
            if theirs:
                adam.param_groups[0]["lr"] = rate
                adam.zero_grad()
                loss.backward()
                adam.step()
            else:
                adam.step(loss, rate)
        return parameters

    assert all(torch.equal(ours, theirs) for ours, theirs in zip(trained(False), trained(True), strict=True))
