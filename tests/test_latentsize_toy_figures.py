"""The figures of parts without trained models draw what these measured at the size of a smoke run."""

from importlib import import_module

import pytest

from soapbubble.figures.found import found
from soapbubble.lab import Lab
from soapbubble.parts.studies import study

pytest_plugins = ["decoders_fixture"]


@pytest.mark.parametrize("name", ["bubbles", "manifold", "runlength", "runs"])
def test_a_part_measures_all_that_its_figures_show(smoke, name):
    part = study("latentsize").part(name)
    out = part.load().measure(getattr(smoke.latentsize, name), Lab())
    measured = found(out.rows, out.pictures)
    for module, functions in part.drawings():
        for function in functions:
            figure = getattr(import_module(module) if isinstance(module, str) else module, function)(
                measured, smoke.plot
            )
            assert all(axes.has_data() for axes in figure.axes)
