"""How few of some vectors can lie in a half-space through the origin.

A layer of ReLU units without biases keeps all inputs apart exactly if, for every direction of the input, the rows of
its weights with a positive product span the space (Puthawala et al. 2020). For rows in general position that means: no
open half-space holds fewer of them than there are dimensions.
"""

from __future__ import annotations

from itertools import combinations, islice

import numpy as np
from scipy.special import expit

CHUNK = 20_000  # candidate directions looked at together
ZERO = 1e-10  # products below this belong to rows that span the candidate's boundary
STEP = 0.5  # of the search, on the unit sphere, falling to zero
SHARPENING = 10.0  # by which the search's smooth count approaches the true one over its steps


def fewest_positive(rows: np.ndarray) -> int:
    """The smallest number of rows (m, n) with a positive product with one direction, over all directions; exact.

    The arrangement of the planes orthogonal to the rows has its smallest cells at its vertices, the directions
    orthogonal to n - 1 rows; beside a vertex each of these n - 1 rows can be on either side. All m over n - 1
    vertices are tried, so this is for few dimensions. The rows must be in general position.
    """
    m, n = rows.shape
    fewest = m
    subsets = combinations(range(m), n - 1)
    while chunk := list(islice(subsets, CHUNK)):
        chosen = np.array(chunk)
        directions = np.linalg.svd(rows[chosen], full_matrices=True)[2][:, -1]
        products = directions @ rows.T
        positive, negative = (products > ZERO).sum(axis=1), (products < -ZERO).sum(axis=1)
        fewest = min(fewest, int(positive.min()), int(negative.min()))
    return fewest


def fewest_positive_found(rows: np.ndarray, starts: int, steps: int, rng: np.random.Generator) -> int:
    """An upper bound of `fewest_positive` for many dimensions: the least that a search from random starts meets.

    Gradient descent on the unit sphere on a smooth count, the sum of logistic functions of the products, which
    becomes sharper step by step. One start is the direction opposite to the sum of the rows.
    """
    m, n = rows.shape
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    at = _on_sphere(np.concatenate([-unit.sum(axis=0, keepdims=True), rng.standard_normal((starts - 1, n))]))
    fewest = m
    for done in np.arange(steps) / steps:
        products = at @ unit.T
        fewest = min(fewest, int((products > 0).sum(axis=1).min()))
        soft = expit(np.sqrt(n) * (1 + (SHARPENING - 1) * done) * products)
        gradient = (soft * (1 - soft)) @ unit
        gradient -= (gradient * at).sum(axis=1, keepdims=True) * at
        at = _on_sphere(at - STEP * (1 - done) * _on_sphere(gradient))
    return fewest


def _on_sphere(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1.0)
