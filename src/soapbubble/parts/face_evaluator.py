"""Settings that parts of several studies have: those of the evaluators of faces."""

from __future__ import annotations

from soapbubble.config.base import Block
from soapbubble.parts.declaration import setting


class EvaluatorSettings(Block):
    """A classifier of faces against images that are none; another one for each seed."""

    seed: int = setting(41000, ge=0, doc="seed of the first evaluator; the others follow")
    faces: int = setting(1200, ge=10, doc="training faces that it learns, at most three quarters of them")
    accepted: float = setting(0.95, gt=0, lt=1, doc="share of other training faces that its threshold accepts")
    width: int = setting(16, smoke=4, ge=1, doc="channels of its first convolution")
    features: int = setting(32, smoke=6, ge=2, doc="units of its last hidden layer, in which distances are measured")
    looks: int = setting(16, smoke=3, ge=1, doc="principal components of the faces that it learns to see")
    steps: int = setting(300, smoke=8, ge=1, doc="training steps")
    batch_size: int = setting(32, smoke=8, ge=1, doc="faces in a training step, and as many other images")
    lr: float = setting(0.004, gt=0, doc="learning rate of the first step; it decays linearly to zero")
