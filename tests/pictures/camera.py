"""What takes a picture of a page in every look that it has to be good in."""

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, ViewportSize

WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 320, "height": 640}
_PLAIN = {"color_scheme": "light", "forced_colors": "none"}
#: By name: the colours, and how much of the page is seen at once.
LOOKS: dict[str, tuple[dict[str, Any], ViewportSize]] = {
    "light": (_PLAIN, WIDE),
    "dark": ({**_PLAIN, "color_scheme": "dark"}, WIDE),
    "phone": (_PLAIN, NARROW),
    # As under a contrast theme of Windows.
    "forced": ({**_PLAIN, "forced_colors": "active"}, WIDE),
}
#: What every page is seen in.
USUAL = ("light", "dark", "phone")
#: What is enough for a page that differs from another one by its words.
BRIGHT = ("light", "phone")
#: What a picture shows of a long page.
_TALLEST = 2400
_QUALITY = 60


@dataclass
class Camera:
    """Takes pictures into a folder, small enough to be kept with the code."""

    folder: Path
    taken: list[str] = field(default_factory=list)

    def take(self, page: Page, name: str, looks: tuple[str, ...] = USUAL) -> None:
        """Take a page as it stands now, once for each look."""
        page.wait_for_load_state()
        for look in looks:
            colours, size = LOOKS[look]
            page.emulate_media(**colours, reduced_motion="reduce")
            page.set_viewport_size(size)
            self._shoot(page, f"{name}-{look}")
        page.emulate_media(**_PLAIN)
        page.set_viewport_size(WIDE)

    def _shoot(self, page: Page, name: str) -> None:
        height = page.evaluate("document.documentElement.scrollHeight")
        session = page.context.new_cdp_session(page)
        width = page.evaluate("document.documentElement.clientWidth")
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, _TALLEST), "scale": 1}
        answer = session.send(
            "Page.captureScreenshot",
            {
                "format": "webp",
                "quality": _QUALITY,
                "clip": clip,
                "captureBeyondViewport": True,
            },
        )
        session.detach()
        (self.folder / f"{name}.webp").write_bytes(base64.b64decode(answer["data"]))
        self.taken.append(name)
