"""Pages in a real browser without a network: how they look, and what they do when used."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread

from tests.support.patience import PATIENCE

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_ALONE = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--proxy-server=127.0.0.1:9",
)
_USED = """<pre id="used"></pre>
<script>document.getElementById("used").textContent = JSON.stringify({})</script>
"""


def picture(page: Path, scratch: Path) -> np.ndarray:
    """The page as drawn, (height, width, 3) from 0 to 1. Skips the test without Chromium."""
    path = scratch / "page.png"
    _run(page, scratch, "--window-size=1000,9000", f"--screenshot={path}")
    pixels: np.ndarray = imread(path)[..., :3]
    return pixels


def after_use(page: Path, script: str, scratch: Path) -> Any:
    """What the JavaScript expression `script` gives, in a copy of the page. Skips as above."""
    copy = scratch / "used.html"
    text = page.read_text(encoding="utf-8")
    copy.write_text(text.replace("</body>", _USED.format(script) + "</body>"), encoding="utf-8")
    found = re.search(r'<pre id="used">(.*?)</pre>', _run(copy, scratch, "--dump-dom"), re.DOTALL)
    assert found, "the page did not run"
    return json.loads(html.unescape(found[1]))


def _run(page: Path, scratch: Path, *options: str) -> str:
    if CHROMIUM is None:
        pytest.skip("no Chromium here: the page was not looked at in a browser")
    own = f"--user-data-dir={scratch}/user"
    command = [CHROMIUM, *_ALONE, own, *options, page.as_uri()]
    end = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    return end.stdout
