"""String plots: a text in which each character's background shows a number (tutorial 3.1)."""

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike, NDArray

from data.corpus import for_display

# From white to a red on which black letters can still be read, in grayscale as well.
SHADES = ListedColormap(colormaps["Reds"](np.linspace(0, 0.6, 256)), "light reds")


def string_plot(axes: Axes, text: str, values: ArrayLike, title: str) -> AxesImage:
    """Draw a text, each character on the shade of its value: the larger, the darker.

    `values` has a number for each character. An end of line is shown as "|", at the end of its
    line. Returns the image, for a color bar.
    """
    places, shape = layout(text)
    table = np.full(shape, np.nan)
    table[places[:, 0], places[:, 1]] = np.asarray(values, dtype=np.float64)
    image = axes.imshow(table, cmap=SHADES, aspect="auto", interpolation="none")
    for (line, place), character in zip(places, for_display(text), strict=True):
        axes.text(place, line, character, ha="center", va="center", family="monospace", fontsize=8)
    axes.set_title(title, fontsize=9, loc="left")
    axes.set_axis_off()
    return image


def layout(text: str) -> tuple[NDArray[np.int64], tuple[int, int]]:
    """Line and place of each character, (characters, 2), and the number of lines and places."""
    lines = text.splitlines(keepends=True)
    places = [(number, place) for number, line in enumerate(lines) for place in range(len(line))]
    return np.array(places), (len(lines), max(map(len, lines)))
