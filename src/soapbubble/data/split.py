"""Which images are used, which of them for training, and in what order."""

from __future__ import annotations

import numpy as np


def split(
    n: int, count: int | None, test_share: float, seed: int, classes: np.ndarray | None = None
) -> tuple[np.ndarray, int]:
    """Choose `count` of `n` images (all if None) at random and keep `test_share` of them for testing.

    With `classes` (n,) whole numbers, each class has the same share in the choice and in both halves, up to one image.
    Both halves have at least one image, and each is in the order of the source.

    Returns:
        The indices, those for training first, and how many are for training.
    """
    count = n if count is None else min(count, n)
    order = np.random.default_rng(seed).permutation(n)
    if classes is not None:
        order = _evenly(order, classes[order])
    chosen = order[:count]
    train = count - min(max(round(count * test_share), 1), count - 1)
    if classes is not None:
        # Every stretch of an evenly mixed order holds all classes in proportion, its end included.
        chosen = _evenly(chosen, classes[chosen])
    return np.concatenate([np.sort(chosen[:train]), np.sort(chosen[train:])]), train


def split_as_given(
    train: int, test: int, count: int | None, seed: int, classes: np.ndarray | None = None
) -> tuple[np.ndarray, int]:
    """Choose `count` of `train` images and the `test` images after them, of both in proportion (all if None).

    No image moves from one half to the other; otherwise as `split`.
    """
    count = train + test if count is None else min(count, train + test)
    tested = min(max(round(count * test / (train + test)), 1), count - 1)
    rng = np.random.default_rng(seed)
    chosen = []
    for start, size, wanted in ((0, train, count - tested), (train, test, tested)):
        order = start + rng.permutation(size)
        if classes is not None:
            order = _evenly(order, classes[order])
        chosen.append(np.sort(order[:wanted]))
    return np.concatenate(chosen), count - tested


def split_groups(groups: np.ndarray, test_share: float, seed: int) -> tuple[np.ndarray, int]:
    """Keep whole groups, as many as come nearest to `test_share` of them and at least one, for testing.

    `groups` (n,) says of each image which group it belongs to; otherwise as `split`, of all images.
    """
    names = np.unique(groups)
    order, train = split(len(names), None, test_share, seed)
    for_training = np.isin(groups, names[order[:train]])
    return np.argsort(~for_training, kind="stable"), int(for_training.sum())


def _evenly(order: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Reorder so that the members of each class lie at equal distances from the first place to the last."""
    place = np.empty(len(order))
    for label in np.unique(classes):
        members = np.flatnonzero(classes == label)
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
    return order[np.argsort(place, kind="stable")]
