"""Pictures that untrained networks print."""

from __future__ import annotations

from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import new_figure, picture_grid, show_picture
from soapbubble.parts.declaration import figure
from soapbubble.studies.decoders.figures.names import OPERATORS


def _signed(value: float) -> str:
    """Two decimals with a true minus sign, and no minus before zero."""
    return f"{round(float(value), 2) + 0.0:.2f}".replace("-", "−")


@figure("structure")
def operators_and_latents(found: Found, style: Style) -> Figure:
    """A column for each way of doubling the side, a row for each latent, and one with the pixels shuffled."""
    columns = {name: found.pictures[key] for key, name in OPERATORS.items() if key in found.pictures}
    rows = list(zip(*columns.values(), strict=True))
    labels = [f"latent {number}" for number in range(1, len(rows))]
    return picture_grid(style, rows, [*labels, "shuffled"], list(columns))


@figure("structure")
def tone_regions(found: Found, style: Style) -> Figure:
    """Each picture beside its tile means, for the picture itself and for two kinds of copies."""
    heads = {"itself": "picture", "phase-randomised": "phases random", "permuted": "pixels shuffled"}
    shown = found.rows("shown_tone_regions")["operator"].unique()
    figure, axes = new_figure(style, aspect=0.55 * len(shown) / len(heads), nrows=len(shown), ncols=2 * len(heads))
    for row, operator in zip(axes, shown, strict=True):
        row[0].set_ylabel(OPERATORS[operator])
        copies, tiles = found.pictures[f"{operator}, copies"], found.pictures[f"{operator}, tile means"]
        for number, kind in enumerate(heads):
            omega = found.value("shown_tone_regions", operator=operator, image=kind)
            show_picture(row[2 * number], copies[number])
            show_picture(row[2 * number + 1], tiles[number], rf"$\omega^2$ = {_signed(omega)}")
    for left, right, head in zip(axes[0, ::2], axes[0, 1::2], heads.values(), strict=True):
        left.set_title(head)
        right.set_title("tile means")
    return figure


@figure("inputs")
def rebuilt_pictures(found: Found, style: Style) -> Figure:
    """What the question saw: noise through a VAE, a latent through its decoder, a face through the VAE."""
    built = found.rows("rebuilt_correlation")
    operators, panels = built["operator"].unique(), built["panel"].unique()
    rows = [list(found.pictures[f"{operator}, rebuilt"]) for operator in operators]
    return picture_grid(style, rows, [OPERATORS[operator] for operator in operators], list(panels))


@figure("inputs")
def fixed_and_changing(found: Found, style: Style) -> Figure:
    """The mean picture of a network over latents, and the pictures of two single latents."""
    operators = found.rows("changing_share")["operator"].unique()
    columns = [found.pictures[f"{operator}, mean and two latents"] for operator in operators]
    rows = list(zip(*columns, strict=True))
    return picture_grid(style, rows, ["mean", "latent 1", "latent 2"], [OPERATORS[operator] for operator in operators])


@figure("generators")
def generators(found: Found, style: Style) -> Figure:
    """Pictures of generators before training, with the correlation of their neighbouring pixels."""
    figure, axes = new_figure(style, aspect=0.44, nrows=2, ncols=len(found.pictures))
    for (above, below), (name, (first, second)) in zip(axes.T, found.pictures.items(), strict=True):
        rho = found.value("network_correlation", network=name)
        show_picture(above, first)
        show_picture(below, second, rf"$\rho_1$ = {_signed(rho)}")
        above.set_title(name.replace(" ", "\n", 1))
    return figure


@figure("cascade")
def ladder(found: Found, style: Style) -> Figure:
    """A picture for each rung of complexity, with the correlation of its neighbouring pixels."""
    rungs = list(found.pictures)
    columns = 5
    figure, axes = new_figure(style, aspect=0.5, nrows=-(-len(rungs) // columns), ncols=columns, squeeze=False)
    for axis in axes.flat[len(rungs) :]:
        axis.set_axis_off()
    for axis, rung in zip(axes.flat, rungs, strict=False):
        rho = found.value("ladder_correlation", rung=rung)
        show_picture(axis, found.pictures[rung], rf"$\rho_1$ = {_signed(rho)}")
        axis.set_title(rung.replace(" at every", "\nat every"))
    return figure
