"""How figures look."""

from __future__ import annotations

from pydantic import Field

from soapbubble.config.base import Block


class Style(Block):
    """Sizes of a figure; the colours are fixed in `soapbubble.figures.style`."""

    column_inches: float = Field(gt=1, lt=20, description="width of a one-column figure")
    page_inches: float = Field(gt=1, lt=20, description="width of a full-width figure")
    font_points: float = Field(gt=4, lt=30, description="size of labels")
    dots_per_inch: int = Field(ge=50, le=600, description="resolution of the PNG and of rasterised parts")
