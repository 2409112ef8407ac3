"""The trained frontal-face cascade of scikit-image (Viola and Jones 2004, on local binary patterns)."""

from __future__ import annotations

import numpy as np

SMALLEST, LARGEST = 0.375, 1.0  # sides of the window that it slides, as shares of the image's side
SCALE_STEP = 1.15
WINDOW = 24  # pixels: its window cannot be smaller


class FaceCascade:
    """Says whether there is a frontal face in an image, from its training on photographs alone."""

    def __init__(self) -> None:
        from skimage.data import lbp_frontal_face_cascade_filename
        from skimage.feature import Cascade

        self._cascade = Cascade(lbp_frontal_face_cascade_filename())

    def accepts(self, images: np.ndarray) -> np.ndarray:
        """Whether it finds a face in each of the images (n, height, width) or (n, 3, height, width); bool (n,).

        Values are in [0, 1]; a side must be at least 32 pixels.
        """
        grey = images.mean(axis=1) if images.ndim == 4 else images
        return np.array([self._finds(image) for image in np.clip(255 * grey, 0, 255).astype(np.uint8)], dtype=bool)

    def _finds(self, image: np.ndarray) -> bool:
        side = min(image.shape)
        smallest, largest = max(WINDOW, round(SMALLEST * side)), round(LARGEST * side)
        found = self._cascade.detect_multi_scale(
            img=np.ascontiguousarray(image),
            scale_factor=SCALE_STEP,
            step_ratio=1,
            min_size=(smallest, smallest),
            max_size=(largest, largest),
        )
        return len(found) > 0
