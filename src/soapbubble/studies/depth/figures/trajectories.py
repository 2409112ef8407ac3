"""Courses of the distances during a descent."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, new_figure, panel_letters
from soapbubble.parts.declaration import figure


@figure("trajectories")
def courses(found: Found, style: Style) -> Figure:
    """m_i and m_g step by step: Conv2 with fixed and with falling steps, Conv5 with fixed steps."""
    figure, axes = new_figure(style, aspect=0.36, ncols=3)
    step = float(found.rows("course_input", schedule="fixed")["step"].max())
    panels: tuple[tuple[str, dict[str, Any]], ...] = (
        ("ResNet-50, Conv2, fixed steps", {"network": "resnet50", "stage": "Conv2", "schedule": "fixed", "step": step}),
        (
            "ResNet-152, Conv2, falling steps",
            {
                "network": "resnet152",
                "stage": "Conv2",
                "schedule": "falling",
                "effort": float(found.rows("end_input")["effort"].max()),
            },
        ),
        ("ResNet-50, Conv5, fixed steps", {"network": "resnet50", "stage": "Conv5", "schedule": "fixed", "step": step}),
    )
    for panel, (title, where) in zip(axes, panels, strict=True):
        for quantity, colour, label in (
            ("course_input", COLOURS[1], "$m_i$ / starting distance"),
            ("course_output", COLOURS[2], "$m_g/m_r$"),
        ):
            rows = found.rows(quantity, **where)
            for place, (_, course) in enumerate(rows.groupby("replicate")):
                panel.plot(
                    course["number"], course["value"], color=colour, linewidth=0.9, label=None if place else label
                )
        panel.set_yscale("log")
        panel.set_title(title, loc="right", fontsize="small")
        panel.set_xlabel("step")
    axes[0].legend(fontsize="x-small")
    panel_letters(*axes)
    return figure
