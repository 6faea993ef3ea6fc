"""Two-dimensional pictures of states: PCA by exercise 4, t-SNE and Isomap by scikit-learn."""

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Points = NDArray[np.float64]
Project = Callable[[Tensor, int], tuple[Tensor, Tensor]]
ADVICE = "PCA only: pip install -c constraints.txt -e '.[manifold]' adds t-SNE and Isomap"


def have_scikit_learn() -> bool:
    return find_spec("sklearn") is not None


def pictures(states: Tensor, project: Project, seed: int) -> tuple[dict[str, Points], list[float]]:
    """Each projection's points, (steps, 2), of states, (steps, units), and fractions of variance.

    The fractions are those that the two directions of PCA explain. Without scikit-learn there are
    no t-SNE and no Isomap.
    """
    points, explained = project(states, 2)
    found = {"PCA": points.double().numpy()}
    if have_scikit_learn():
        from sklearn.manifold import TSNE, Isomap

        table = states.double().numpy()
        found["t-SNE"] = TSNE(init="pca", random_state=seed).fit_transform(table).astype(float)
        found["Isomap"] = Isomap(n_neighbors=10).fit_transform(table)
    return found, explained.tolist()
