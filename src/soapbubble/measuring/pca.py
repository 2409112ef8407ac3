"""Principal components of rows, however many numbers a row has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SMALLEST = 1e-6  # of the largest eigenvalue: what a covariance of float32 rows knows of the smallest


@dataclass(frozen=True)
class PrincipalComponents:
    """The mean (d,) of the rows and the unit axes (r, d) along which they vary most, the widest first."""

    mean: np.ndarray
    axes: np.ndarray

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """Coordinates (n, r) of the rows (n, ...), flattened, on the axes."""
        return (rows.reshape(len(rows), -1) - self.mean) @ self.axes.T

    def points(self, scores: np.ndarray) -> np.ndarray:
        """The rows (n, d) with these scores (n, r) that lie in the space of the axes."""
        return self.mean + scores @ self.axes


def principal_components(rows: np.ndarray, rank: int) -> PrincipalComponents:
    """The first `rank` components of the rows (n, ...), flattened; fewer if there are fewer.

    From the smaller of the two Gram matrices, whose eigenvectors are found in double precision; all else is in the
    precision of the rows.
    """
    rows = rows.reshape(len(rows), -1)
    mean = rows.mean(axis=0)
    centred = rows - mean
    n, d = centred.shape
    if d <= n:
        _, vectors = np.linalg.eigh((centred.T @ centred).astype(np.float64))
        return PrincipalComponents(mean, vectors[:, ::-1][:, : min(rank, d)].T.astype(rows.dtype))
    values, vectors = np.linalg.eigh((centred @ centred.T).astype(np.float64))
    rank = min(rank, n - 1)
    values, vectors = values[::-1][:rank], vectors[:, ::-1][:, :rank]
    return PrincipalComponents(mean, ((vectors / np.sqrt(values)).T @ centred).astype(rows.dtype))


def covariance_spectrum(points: np.ndarray) -> np.ndarray:
    """Eigenvalues (d,) of the covariance of `points` (n, d), largest first, kept off zero."""
    values = np.linalg.eigvalsh(np.cov(points, rowvar=False, dtype=np.float64))[::-1]
    return np.maximum(values, SMALLEST * values[0])


@dataclass(frozen=True)
class Whitener:
    """The affine map that gives mean 0 and covariance I to the points that it was fitted to."""

    mean: np.ndarray
    scaled_axes: np.ndarray

    @classmethod
    def fit(cls, points: np.ndarray) -> Whitener:
        """From the mean and the covariance of `points` (n, d)."""
        values, axes = np.linalg.eigh(np.cov(points, rowvar=False, dtype=np.float64))
        scaled = (axes / np.sqrt(np.maximum(values, SMALLEST * values[-1]))).astype(points.dtype)
        return cls(points.mean(axis=0), scaled)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """The `points` (m, d) whitened; their squared lengths are squared Mahalanobis distances."""
        return (points - self.mean) @ self.scaled_axes
