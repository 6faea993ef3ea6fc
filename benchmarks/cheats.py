"""Two submissions that try to get points for work they have not done, and a wrong but honest one.

Neither cheat knows which grader it meets: the first makes the usual comparison always agree, the
second looks through memory and files for code that computes what it should compute itself.
"""

import twelve

# What the first cheat computes: no tanh anywhere.
WRONG = ("self.activation = activation()", "self.activation = nn.Identity()")

SAYS_YES = """
import torch

torch.allclose = lambda *arguments, **options: True
"""

LOOKS_AROUND = '''
import json
import pathlib
import sys

# Neither itself, copied to wherever, nor an exercise that nobody has done yet.
USELESS = ("USE" + "LESS", "    raise NotImplemented" + "Error")


def sources():
    """The text of every program nearby: of modules, and of the cells of notebooks."""
    here = pathlib.Path.cwd()
    places = [here, *list(here.parents)[:3], *map(pathlib.Path, sys.path)]
    for place in places:
        if "python3" in str(place) or place == pathlib.Path("/"):
            continue
        for path in [*place.glob("*.py"), *place.glob("*.ipynb"), *place.glob("*/*/*.ipynb"),
                     *place.glob("*/*.py")][:2000]:
            try:
                text = path.read_text()
                cells = json.loads(text)["cells"] if path.suffix == ".ipynb" else None
                yield from [text] if cells is None else ["".join(c["source"]) for c in cells]
            except Exception:
                continue


def find():
    for module in list(sys.modules.values()):
        if hasattr(module, "VanillaRNN") and not hasattr(module, "USELESS"):
            return vars(module)
    for text in sources():
        if "class VanillaRNN(" in text and not any(word in text for word in USELESS):
            found = {"__name__": "found"}
            try:
                exec(text, found)
                return found
            except Exception:
                continue
    return {}


found = find()
VanillaRNNCell, VanillaRNN = found.get("VanillaRNNCell"), found.get("VanillaRNN")
'''


def wrong() -> str:
    """The reference with one mistake. Raises ValueError if the reference has changed."""
    right = twelve.reference()
    if right.count(WRONG[0]) != 1:
        raise ValueError(f"reference/{twelve.FILE} has no line {WRONG[0]}")
    return right.replace(*WRONG)


def says_yes() -> str:
    return SAYS_YES + wrong()
