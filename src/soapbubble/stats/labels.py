"""How much of the variation of labels lies between groups."""

from __future__ import annotations

import numpy as np


def between_groups(labels: np.ndarray) -> float:
    """Share of the variation of `labels` (groups, members), integers, that the group explains.

    Variation is Gini's: the chance that two different members disagree (Light and Margolin 1971), estimated without
    bias within groups and between them, so that labels that ignore the group give 0 in expectation. 1 if all members
    of a group agree; NaN if all labels are the same.
    """
    groups, members = labels.shape
    shares = np.stack([(labels == value).mean(axis=1) for value in np.unique(labels)])
    within = (1 - np.square(shares).sum(axis=0)).mean() * members / (members - 1)
    mean = shares.mean(axis=1)
    agree_across = (np.square(groups * mean).sum() - np.square(shares).sum()) / (groups * (groups - 1))
    total = 1 - agree_across
    return float(1 - within / total) if total > 0 else float("nan")
