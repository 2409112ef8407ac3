"""How much of one set of pictures is another set seen through a single linear filter."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


class CrossValidatedFilter:
    """The best linear filter with a constant from input to output pictures, judged on pictures it was not fitted to."""

    def __init__(self, inputs: np.ndarray, size: int, folds: int = 2) -> None:
        """Prepare the fits for `inputs` (n, h, w), a filter of `size` x `size` pixels (odd) and n >= folds pictures."""
        windows = sliding_window_view(inputs, (size, size), axis=(1, 2))
        n, high, wide = windows.shape[:3]
        design = windows.reshape(n, high * wide, size * size)
        self._design = np.concatenate([design, np.ones((n, high * wide, 1))], axis=2)
        self._margin = size // 2
        self._fold = np.arange(n) % folds
        gram = np.einsum("npi,npj->nij", self._design, self._design, optimize=True)
        self._inverse = [np.linalg.pinv(gram[self._fold != k].sum(axis=0)) for k in range(folds)]

    def explained(self, outputs: np.ndarray) -> float:
        """Share of the variance of `outputs` (n, h, w) that the filtered inputs explain out of sample (R^2).

        The variance is over all pixels of all pictures, so a pattern that is the same in all outputs counts as
        unexplained; the border that the filter cannot reach is left out. Negative where the fit misleads.
        """
        m = self._margin
        inner = outputs[:, m : outputs.shape[1] - m, m : outputs.shape[2] - m].reshape(len(outputs), -1)
        moment = np.einsum("npi,np->ni", self._design, inner, optimize=True)
        unexplained = 0.0
        for k, inverse in enumerate(self._inverse):
            weights = inverse @ moment[self._fold != k].sum(axis=0)
            left_out = self._fold == k
            unexplained += float(np.square(inner[left_out] - self._design[left_out] @ weights).sum())
        return 1 - unexplained / float(np.square(inner - inner.mean()).sum())
