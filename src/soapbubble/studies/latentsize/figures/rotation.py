"""Figure of the part `rotation`."""

from __future__ import annotations

import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from soapbubble.config.plot import Style
from soapbubble.figures.found import Found
from soapbubble.figures.style import COLOURS, GREY, new_figure
from soapbubble.parts.declaration import figure
from soapbubble.studies.latentsize.figures.names import model_name

KINDS = {"aggregate posterior": "codes", "diagonal Gaussian": "independent axes"}


@figure("rotation")
def scree(found: Found, style: Style) -> Figure:
    """The largest variances of the codes along any direction, against those of noise with the same axes."""
    table = found.rows("component_variance").replace({"latents": KINDS}).rename(columns={"value": "variance"})
    models = table["model"].unique()
    figure, axes = new_figure(style, aspect=0.36, ncols=len(models), squeeze=False)
    for ax, model in zip(axes[0], models, strict=True):
        sns.lineplot(
            table[table["model"] == model],
            x="component",
            y="variance",
            hue="latents",
            style="latents",
            palette=COLOURS[1:3],
            markers=["o", "s"],
            dashes=False,
            errorbar=None,
            markersize=2.5,
            markeredgewidth=0,
            ax=ax,
        )
        edge, per_latent = (found.value(quantity, model=model) for quantity in ("noise_edge", "images_per_latent"))
        ax.axhline(edge, color=GREY, linestyle="--", linewidth=1, label="Marchenko–Pastur edge")
        ax.set_yscale("log")
        ax.set_title(model_name(model).replace(", ", "\n") + f"\n$n/d={per_latent:.2g}$")
        ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_locator(NullLocator())
        ax.set_ylabel("")
        handles = ax.get_legend_handles_labels()
        ax.get_legend().remove()
    axes[0, 0].set_ylabel("variance along it\n(axes scaled to 1)")
    figure.legend(*handles, loc="outside lower center", ncols=3)
    return figure
