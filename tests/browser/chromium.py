"""Where Chromium is on this machine, and how it is started for a test."""

import os
import shutil
from pathlib import Path

#: The shell is the same engine without a browser around it: it takes half of the work.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")

#: What a run without Chromium says when it skips.
HOW_TO_GET_ONE = (
    "No Chromium was found. Install one (apt-get install chromium-headless-shell) "
    "or set CHROMIUM to its path."
)

#: No sandbox, as containers forbid it; nothing that speaks to the network by itself.
LAUNCH_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> Path | None:
    """Return the Chromium to test with, or None where there is none.

    ``CHROMIUM`` in the environment decides; without it, the path of programs,
    and then what ``playwright install`` left on this machine.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        return Path(named) if Path(named).is_file() else None
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    return _find_playwrights_own()


def _find_playwrights_own() -> Path | None:
    folder = Path(
        os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache" / "ms-playwright")
    )
    # The newest comes last: its folder ends in the number of the build.
    return max(folder.glob("chromium-*/chrome-linux*/chrome"), default=None)
