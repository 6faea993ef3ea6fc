"""Figures that stay readable printed in gray: every curve has a color, a line style and a marker.

Not with pyplot: it keeps every figure that it makes, and draws it a second time in a notebook.
"""

from typing import Any

import matplotlib
from cycler import cycler
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

# Okabe and Ito's colors for the color-blind, with dark ones in place of the light ones.
COLORS = ("#000000", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#882255", "#8c6d00")
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (4, 2, 1, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
STYLES: tuple[dict[str, Any], ...] = tuple(
    {"color": color, "linestyle": line, "marker": marker}
    for color, line, marker in zip(COLORS, LINES, MARKERS, strict=True)
)

# Undo a `matplotlibrc` in the current folder, which matplotlib reads in any case.
matplotlib.rcdefaults()
matplotlib.rcParams.update(
    {
        "axes.prop_cycle": cycler(color=COLORS),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.axisbelow": True,
        "axes.grid": True,
        "axes.titlesize": 11,
        "grid.color": "0.88",
        "figure.dpi": 100,
        "savefig.dpi": 150,
        "font.size": 10,
        "legend.fontsize": 9,
        "lines.linewidth": 1.8,
        "lines.markersize": 4,
    }
)


def subplots(
    rows: int = 1, columns: int = 1, size: tuple[float, float] = (8, 4.5), **options: Any
) -> Any:
    """A figure of this size in inches, and its axes as matplotlib's own `subplots` returns them."""
    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, **options)


def logarithmic(axis: Any) -> None:
    """Make an axis (`axes.xaxis`, for example) logarithmic, after its curves have been drawn.

    It labels powers of ten, and if there are few of them also 2 and 5 times these.
    """
    name = axis.axis_name
    axis.axes.set(**{f"{name}scale": "log"})
    low, high = axis.get_view_interval()
    subs = (1.0,) if high > 50 * low else (1.0, 2.0, 5.0)
    axis.set_major_locator(LogLocator(subs=subs))
    axis.set_major_formatter(FuncFormatter(lambda value, position: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
