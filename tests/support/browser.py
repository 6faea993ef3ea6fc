"""Pages in a real browser without a network: how they look, and what they do when used."""

import html
import json
import re
import shutil
import subprocess
from collections.abc import Sequence
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
_FRAMED = """<pre id="used"></pre>
<script>addEventListener("load", () => {{
  const frames = [...document.querySelectorAll("iframe")].map((one) => one.contentWindow);
  const found = frames.map((frame) => ({}));
  document.getElementById("used").textContent = JSON.stringify(found);
}})</script>
"""
_ALLOWED = re.compile(r"script-src [^;\"]*")


def picture(page: Path, scratch: Path) -> np.ndarray:
    """The page as drawn, (height, width, 3) from 0 to 1. Skips the test without Chromium."""
    path = scratch / "page.png"
    _run(page, scratch, "--window-size=1000,9000", f"--screenshot={path}")
    pixels: np.ndarray = imread(path)[..., :3]
    return pixels


def after_use(page: Path, script: str, scratch: Path) -> Any:
    """What the JavaScript expression `script` gives, in a copy of the page. Skips as above."""
    # The page itself allows no script but its own.
    text = _ALLOWED.sub("script-src 'unsafe-inline'", page.read_text(encoding="utf-8"))
    return _said(text.replace("</body>", _USED.format(script) + "</body>"), scratch)


def within(pages: Sequence[Path], width: int, script: str, scratch: Path) -> list[Any]:
    """What `script` gives of each page: `frame` is its window, `width` pixels wide. Skips as above.

    A window of the browser itself cannot be narrower than 500 pixels.
    """
    texts = (html.escape(page.read_text(encoding="utf-8")) for page in pages)
    frames = (
        f'<iframe style="width: {width}px; border: 0" srcdoc="{text}"></iframe>' for text in texts
    )
    found: list[Any] = _said(f"<body>{''.join(frames)}{_FRAMED.format(script)}</body>", scratch)
    return found


def shown(page: Path, scratch: Path) -> str:
    """The page as it is once its own scripts have run. Skips as above."""
    return _run(page, scratch, "--dump-dom")


def _said(text: str, scratch: Path) -> Any:
    """What a page with a place for it says, as JSON."""
    copy = scratch / "used.html"
    copy.write_text(text, encoding="utf-8")
    found = re.search(r'<pre id="used">(.*?)</pre>', shown(copy, scratch), re.DOTALL)
    assert found, "the page did not run"
    return json.loads(html.unescape(found[1]))


def _run(page: Path, scratch: Path, *options: str) -> str:
    if CHROMIUM is None:
        pytest.skip("no Chromium here: the page was not looked at in a browser")
    own = f"--user-data-dir={scratch}/user"
    command = [CHROMIUM, *_ALONE, own, *options, page.as_uri()]
    end = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    return end.stdout
