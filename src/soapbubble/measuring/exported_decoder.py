"""A decoder of other people: an exported program or TorchScript that makes images of latents, run batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from soapbubble.errors import SoapbubbleError
from soapbubble.models.exported import load_program, reason
from soapbubble.models.torchscript import input_types, is_torchscript, load_script

BATCH_SIZE = 16  # latents at a time, where the program takes any number of them
COLOURS = (1, 3)
SAME = 1e-3  # largest difference of two images of one latent, as a share of the largest number in them


class ExportedDecoder:
    """The network in `path`, which makes images (n, c, h, w) of latents (n, d), whatever batch it was exported for.

    `example` are some of the latents, two rows or more, on which it is tried.

    Raises:
        SoapbubbleError: one sentence that says why it makes no images of such latents, and what to do.
    """

    def __init__(self, path: Path, example: np.ndarray) -> None:
        self.path = path
        self.module: torch.nn.Module
        if is_torchscript(path):
            self._read_script(example)
        else:
            self._read_program(example.shape[1])
        self._check_rows(example)

    def _read_program(self, dimensions: int) -> None:
        program = load_program(self.path)
        given = _input(program)
        if given is None or given.ndim != 2:
            what = "no single tensor" if given is None else f"a tensor of {given.ndim} axes"
            raise self._complaint(f"takes {what}; export a module that takes latents (images, dimensions)")
        if not given.is_floating_point():
            raise self._complaint(f"takes {given.dtype}; export a module that takes latents as floats")
        rows, width = given.shape
        if isinstance(width, int) and width != dimensions:
            raise self._complaint(
                f"takes latents of {width} dimensions, and the file of latents has {dimensions}; "
                "give the decoder of the same autoencoder"
            )
        self.dtype = given.dtype
        self.batch = rows if isinstance(rows, int) else min(BATCH_SIZE, _largest(program, rows))
        self.module = program.module()

    def _read_script(self, example: np.ndarray) -> None:
        """TorchScript says neither what shape it takes nor how many latents: one at a time if not a batch."""
        self.module = script = load_script(self.path)
        if input_types(script) != ["Tensor"]:
            raise self._complaint("takes no single tensor; export a module that takes latents (images, dimensions)")
        self.dtype = next((weight.dtype for weight in script.parameters() if weight.is_floating_point()), torch.float32)
        self.batch = BATCH_SIZE
        try:
            next(self.images(example[:2]))
        except SoapbubbleError:
            self.batch = 1

    @torch.inference_mode()
    def images(self, latents: np.ndarray) -> Iterator[np.ndarray]:
        """The images of the latents (n, d), float32 (m, c, h, w), a batch after the other.

        The last batch is filled up with its own latents, since a program may take no fewer.
        """
        for start in range(0, len(latents), self.batch):
            rows = latents[start : start + self.batch]
            yield self._run(rows[np.arange(self.batch) % len(rows)])[: len(rows)]

    def _run(self, rows: np.ndarray) -> np.ndarray:
        try:
            output = self.module(torch.tensor(rows, dtype=self.dtype))
        except Exception as error:  # a program of other people may fail in any way
            raise self._complaint(
                f"cannot decode {len(rows)} latents of {rows.shape[1]} dimensions at a time ({reason(error)}); export "
                "the decoder of these latents on the CPU, for any number of them or for one at a time"
            ) from error
        if not isinstance(output, torch.Tensor) or output.ndim != 4 or output.shape[1] not in COLOURS:
            what = f"shape {tuple(output.shape)}" if isinstance(output, torch.Tensor) else "more than one tensor"
            raise self._complaint(f"gives {what}; images are (images, 1 or 3 colours, height, width)")
        if len(output) != len(rows):
            raise self._complaint(f"gives {len(output)} images of {len(rows)} latents; export one image a latent")
        if not output.is_floating_point():
            raise self._complaint(f"gives {output.dtype}; images are floats, so leave the rounding to bytes out")
        if not output.isfinite().all():
            raise self._complaint("gives numbers that are not finite; its weights may be damaged")
        return output.float().numpy()

    def _check_rows(self, example: np.ndarray) -> None:
        """Complain of images that depend on chance or on the other latents, or not on their own."""
        first, last = (next(self.images(rows)) for rows in (example[:1], example[-1:]))
        both = np.concatenate(list(self.images(example[[0, -1]])))
        largest = np.abs(both).max()
        if np.abs(both - np.concatenate([first, last])).max() > SAME * largest:
            raise self._complaint(
                "gives another image of the same latent each time, as with dropout or batch normalisation in training "
                "mode; export it in evaluation mode"
            )
        if (first == last).all():
            raise self._complaint("gives the same image of different latents; check what was exported")

    def _complaint(self, what: str) -> SoapbubbleError:
        return SoapbubbleError(f"{self.path}: {what}.")


def _input(program: torch.export.ExportedProgram) -> torch.Tensor | None:
    """The one tensor that a program takes, by its shape and type; none if it takes something else."""
    names = program.graph_signature.user_inputs
    given = [node.meta.get("val") for node in program.graph.nodes if node.op == "placeholder" and node.name in names]
    return given[0] if len(given) == 1 and isinstance(given[0], torch.Tensor) else None


def _largest(program: torch.export.ExportedProgram, size: torch.SymInt) -> int:
    """The largest batch that a program with a dynamic batch says it takes."""
    limits = program.range_constraints.get(size.node.expr)
    return BATCH_SIZE if limits is None or limits.upper > BATCH_SIZE else int(limits.upper)
