"""The study of vectors with independent uniform components."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from soapbubble.config.base import Block

Dimension = Annotated[int, Field(ge=1, le=100_000)]


class Formulas(Block):
    """Exact mathematics of the length; nothing is random."""

    dimensions: list[Dimension] = Field(min_length=2, description="where formulas and exact values are compared")
    grid_dimension: Dimension = Field(description="dimension of the cube that a grid is to fill")
    grid_per_axis: int = Field(ge=2, description="values of the grid on each axis")


class Radii(Block):
    """Lengths of simulated vectors."""

    seed: int = Field(ge=0)
    dimensions: list[Dimension] = Field(min_length=2, description="numbers of components")
    half_width: float = Field(gt=0, description="b: components are uniform on [-b, b)")
    points: int = Field(ge=200, description="vectors for each dimension")
    batches: int = Field(ge=2, description="independent batches of them, the unit of replication")
    wide_half_width: float = Field(gt=0, description="a second b, for wide_dimension")
    wide_dimension: Dimension = Field(description="dimension at which the second b is tried")
    gaussian_dimensions: list[Dimension] = Field(min_length=1, description="dimensions of Gaussian vectors")
    gaussian_points: int = Field(ge=200, description="Gaussian vectors for each of them")
    bins: int = Field(ge=10, le=2000, description="bins of a histogram of lengths")


class Interval(Block):
    """Where a component is uniform."""

    a: float
    b: float

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.a >= self.b:
            raise ValueError("`a` must be below `b`")
        return self


class Intervals(Block):
    """Components on other intervals, and components that are not independent."""

    seed: int = Field(ge=0)
    intervals: list[Interval] = Field(min_length=1, description="where components are uniform")
    pairs: int = Field(ge=100, description="pairs of components for each interval")
    dependent_dimension: Dimension = Field(description="number of components that are all equal")
    dependent_points: int = Field(ge=100, description="vectors of such components")
    batches: int = Field(ge=2, description="independent batches, the unit of replication")


class Balls(Block):
    """Components drawn with replacement from a box of numbered balls."""

    seed: int = Field(ge=0)
    values: int = Field(ge=2, le=10_000, description="balls in the box")
    dimension: Dimension = Field(description="draws for each vector")
    half_width: float = Field(gt=0, description="b: the numbers lie in [-b, b]")
    points: int = Field(ge=200, description="vectors for each set of numbers")
    batches: int = Field(ge=2, description="independent batches of them, the unit of replication")
    bins: int = Field(ge=10, le=2000, description="bins of a histogram of lengths")


class Cube(Block):
    """Points in a three-dimensional cube, as the eye sees them and as a count sees them."""

    seed: int = Field(ge=0)
    side: float = Field(gt=0, description="side of the cube")
    few: int = Field(ge=20, description="points in the first cube that is shown")
    many: int = Field(ge=20, description="points in the second one")
    stripe: float = Field(gt=0, lt=0.5, description="width of an edge stripe, as a share of the side")
    thinning: float = Field(gt=0, lt=1, description="share of the stripes' points kept in the planted control")
    repeats: int = Field(ge=20, description="cubes of each size in which stripes are counted")
    batches: int = Field(ge=2, description="batches of repeats, the unit of replication")
    volume_points: int = Field(ge=1000, description="points for the probabilities of single regions")
    plane_repeats: int = Field(ge=20, description="cubes whose projections are tested")
    plane_nulls: int = Field(ge=19, description="simulated patterns of complete spatial randomness")
    quadrats: int = Field(ge=2, description="quadrats an axis of a projection")


class Grid(Block):
    """Equal cells of a cube, at least three on an axis: two would not see a density that falls off to all sides."""

    dimension: Dimension
    per_axis: int = Field(ge=3, description="cells on each axis")


class Coverage(Block):
    """How evenly, and how completely, points fill a cube."""

    seed: int = Field(ge=0)
    grids: list[Grid] = Field(min_length=1, description="cells whose counts are tested for evenness")
    mean_count: float = Field(ge=5, description="mean number of points in a cell")
    cells_counted: int = Field(ge=1, description="cells in each batch: as many patterns as have so many together")
    orthant_dimension: int = Field(ge=1, le=20, description="dimension in which the orthants are compared")
    batches: int = Field(ge=2, description="batches, the unit of replication")
    points: int = Field(ge=100, description="points that are to cover the cube")
    sets: int = Field(ge=2, description="independent sets of that size")
    dimensions: list[Annotated[int, Field(ge=1, le=64)]] = Field(
        min_length=2, description="dimensions in which coverage is counted"
    )
    axis_cells: list[Annotated[int, Field(ge=2)]] = Field(min_length=1, description="cells an axis for coverage")
    high_dimension: Dimension = Field(description="dimension of the cube that cannot be covered")
    queries: int = Field(ge=2, description="fresh vectors whose nearest point is sought, in each set")


class Directions(Block):
    """Where in the shell the vectors point."""

    seed: int = Field(ge=0)
    dimension: Dimension
    points: int = Field(ge=200, description="vectors of each law")
    batches: int = Field(ge=2, description="independent batches of them, the unit of replication")
    axes: list[Dimension] = Field(min_length=1, description="number of axes that carry a target direction")
    ratios: list[Annotated[float, Field(gt=0, lt=1)]] = Field(
        min_length=1, description="radius of a target ball over the distance of its centre"
    )
    bins: int = Field(ge=10, le=2000, description="bins of a histogram of angles")

    @model_validator(mode="after")
    def _axes_exist(self) -> Self:
        if max(self.axes) > self.dimension:
            raise ValueError(f"`axes` must be at most {self.dimension}, the dimension")
        return self


class Images(Block):
    """How many coordinates images need."""

    seed: int = Field(ge=0)
    latent: Dimension = Field(description="dimension of the latent space")
    groups: int = Field(ge=2, description="disjoint groups of images, the unit of replication")


class Shells(Block):
    """Where do vectors of independent uniform components end up?"""

    formulas: Formulas
    radii: Radii
    intervals: Intervals
    balls: Balls
    cube: Cube
    coverage: Coverage
    directions: Directions
    images: Images
