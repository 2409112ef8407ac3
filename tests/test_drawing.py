"""A figure's bytes follow from its data, not from where its parts lie in memory."""

import random
import warnings

import pytest
from matplotlib.layout_engine import ConstrainedLayoutEngine

from soapbubble.config.plot import Style
from soapbubble.figures.drawing import draw
from soapbubble.figures.style import new_figure, new_subfigures

STYLE = Style(column_inches=3.4, dots_per_inch=50, font_points=8.0, page_inches=7.0)


class Noisy(ConstrainedLayoutEngine):
    """The layout, with the noise that its solver leaves when constraints lie at other addresses."""

    def execute(self, figure):
        super().execute(figure)
        for part in figure.subfigs:
            part.bbox_relative.p0 = part.bbox_relative.p0 + random.uniform(-1e-13, 1e-13)
        for axes in figure.axes:
            place = axes.get_position(original=True)
            noise = random.uniform(-1e-13, 1e-13)
            axes._set_position(
                (place.x0 + noise, place.y0 - noise, place.width - noise, place.height), which="original"
            )


def plain(style):
    figure, panels = new_figure(style, ncols=2)
    mesh = panels[0].pcolormesh([[1, 2], [3, 4]])
    figure.colorbar(mesh, ax=panels[0], label="how many")
    return figure


def divided(style):
    figure, (upper, lower) = new_subfigures(style, 0.7, nrows=2, height_ratios=(1.3, 1))
    upper.subplots(1, 3)[0].imshow([[0.0, 1.0]])
    lower.subplots(1, 2, width_ratios=(1, 3))[1].plot([1, 2, 3])
    return figure


@pytest.mark.parametrize("drawn", [plain, divided])
def test_noise_of_the_layout_does_not_reach_the_file(drawn, tmp_path):
    def noisy(found, style):
        figure = drawn(style)
        figure.set_layout_engine(Noisy())
        return figure

    file = tmp_path / "figure.svg"
    made = set()
    for _ in range(4):
        draw(noisy, None, STYLE, {file: file})
        made.add(file.read_bytes())
    draw(lambda found, style: drawn(style), None, STYLE, {file: file})
    assert made == {file.read_bytes()}


def test_words_beyond_the_edge_are_told_and_others_are_not(tmp_path):
    def written(at):
        def figure(found, style):
            drawn, axes = new_figure(style)
            axes.plot([0, 1])
            drawn.text(at, 0.5, "a label of some length")
            return drawn

        return figure

    with pytest.warns(UserWarning, match=r"^figure: words or marks end 0\.\d\d inches beyond the figure's edge$"):
        draw(written(0.8), None, STYLE, {tmp_path / "out.png": tmp_path / "out.png"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw(written(0.2), None, STYLE, {tmp_path / "in.png": tmp_path / "in.png"})
