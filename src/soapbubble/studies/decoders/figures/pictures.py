"""Pictures that untrained networks print."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.style import new_figure, picture_grid, show_picture
from soapbubble.parts.declaration import figure

Data = Mapping[str, np.ndarray]


def _signed(value: float) -> str:
    """Two decimals with a true minus sign, and no minus before zero."""
    return f"{round(float(value), 2) + 0.0:.2f}".replace("-", "−")


@figure("structure")
def operators_and_latents(data: Data, style: Style) -> Figure:
    """A column for each way of doubling the side, a row for each latent, and one with the pixels shuffled."""
    latents = data["pictures"].shape[1]
    rows = [list(data["pictures"][:, latent]) for latent in range(latents)]
    labels = [f"latent {latent + 1}" for latent in range(latents)]
    return picture_grid(style, [*rows, list(data["permuted"])], [*labels, "shuffled"], list(data["operators"]))


@figure("structure")
def tone_regions(data: Data, style: Style) -> Figure:
    """Each picture beside its tile means, for the picture itself and for two kinds of copies."""
    operators, copies = data["omega"].shape
    figure, axes = new_figure(
        style, aspect=1.1 * operators / (2 * copies), nrows=operators, ncols=2 * copies, squeeze=False
    )
    for row in range(operators):
        for copy in range(copies):
            show_picture(axes[row, 2 * copy], data["pictures"][row, copy])
            omega = rf"$\omega^2$ = {_signed(data['omega'][row, copy])}"
            show_picture(axes[row, 2 * copy + 1], data["tiles"][row, copy], omega)
            if row == 0:
                axes[row, 2 * copy].set_title(data["copies"][copy])
                axes[row, 2 * copy + 1].set_title("tile means")
        axes[row, 0].set_ylabel(data["operators"][row])
    return figure


@figure("inputs")
def rebuilt_pictures(data: Data, style: Style) -> Figure:
    """What the question saw: noise through a VAE, a latent through its decoder, a face through the VAE."""
    return picture_grid(style, [list(row) for row in data["pictures"]], list(data["operators"]), list(data["panels"]))


@figure("inputs")
def fixed_and_changing(data: Data, style: Style) -> Figure:
    """The mean picture of a network over latents, and the pictures of two single latents."""
    rows = [list(row) for row in np.moveaxis(data["pictures"], 1, 0)]
    return picture_grid(style, rows, ["mean", "latent 1", "latent 2"], list(data["operators"]))


@figure("generators")
def generators(data: Data, style: Style) -> Figure:
    """Pictures of generators before training, with the correlation of their neighbouring pixels."""
    names = [name.replace(" ", "\n", 1) for name in data["names"]]
    pictures = data["pictures"]
    figure, axes = new_figure(style, aspect=0.44, nrows=pictures.shape[1], ncols=len(names), squeeze=False)
    last = pictures.shape[1] - 1
    for column, name in enumerate(names):
        for row in range(pictures.shape[1]):
            rho = rf"$\rho_1$ = {_signed(data['correlation'][column])}"
            show_picture(axes[row, column], pictures[column, row], rho if row == last else "")
        axes[0, column].set_title(name)
    return figure


@figure("cascade")
def ladder(data: Data, style: Style) -> Figure:
    """A picture for each rung of complexity, with the correlation of its neighbouring pixels."""
    rungs = [rung.replace(" at every", "\nat every") for rung in data["rungs"]]
    columns = 5
    figure, axes = new_figure(style, aspect=0.5, nrows=-(-len(rungs) // columns), ncols=columns, squeeze=False)
    for axis in axes.flat[len(rungs) :]:
        axis.set_axis_off()
    for axis, rung, picture, rho in zip(axes.flat, rungs, data["pictures"], data["correlation"], strict=False):
        show_picture(axis, picture, rf"$\rho_1$ = {_signed(rho)}")
        axis.set_title(rung)
    return figure
