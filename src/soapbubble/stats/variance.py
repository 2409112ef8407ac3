"""Who is responsible for the scatter of a number."""

from __future__ import annotations

import numpy as np


def crossed_shares(table: np.ndarray) -> tuple[float, float, float]:
    """Shares of the variance of a (rows, columns) table owed to the row, to the column and to their pairing.

    Two-way random effects without repetition, estimated from mean squares, negative components set to zero
    (Searle, Casella and McCulloch 1992). A constant table gives NaN.
    """
    rows, columns = table.shape
    row_means = table.mean(axis=1, keepdims=True)
    column_means = table.mean(axis=0, keepdims=True)
    rest = table - row_means - column_means + table.mean()
    pairing = (rest**2).sum() / ((rows - 1) * (columns - 1))
    of_row = max((columns * row_means.var(ddof=1) - pairing) / columns, 0.0)
    of_column = max((rows * column_means.var(ddof=1) - pairing) / rows, 0.0)
    total = of_row + of_column + pairing
    if total == 0:
        return (float("nan"),) * 3
    return of_row / total, of_column / total, pairing / total


def omega_squared(values: np.ndarray, groups: np.ndarray) -> float:
    """Share of the variance of `values` (n,) that lies between their `groups` (n,), corrected for chance.

    Any grouping explains some of the scatter of few values, here taken off (Hays 1963): 0 on average for labels that
    have no bearing on the values, hence sometimes negative. NaN for constant values, or if no group has two members.
    """
    labels, members = np.unique(groups, return_inverse=True)
    means = np.bincount(members, values) / np.bincount(members)
    total = ((values - values.mean()) ** 2).sum()
    inside = ((values - means[members]) ** 2).sum()
    if total == 0 or len(labels) == len(values):
        return float("nan")
    by_chance = inside / (len(values) - len(labels))
    return float((total - inside - (len(labels) - 1) * by_chance) / (total + by_chance))


def changing_share(images: np.ndarray) -> float:
    """Share of the variance of a network's images (latents, channels, height, width) that changes with the latent.

    E_p[Var_z] / (E_p[Var_z] + Var_p[E_z]) for places p and latents z, mean over channels, without bias in the number
    of latents: 1 if the mean image is flat, 0 if all latents give the same image. NaN for images without variation.
    """
    changing = images.var(axis=0, ddof=1).mean(axis=(-2, -1))
    fixed = np.maximum(images.mean(axis=0).var(axis=(-2, -1)) - changing / len(images), 0)
    with np.errstate(invalid="ignore"):
        return float(np.mean(changing / (changing + fixed)))
