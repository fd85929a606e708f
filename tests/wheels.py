"""The wheel that an installation is made from."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
IGNORED = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", "instance", "build")


def build_wheel(folder: Path) -> Path:
    """Build the wheel in ``folder``, from a copy of the tree, and return its path."""
    source = folder / "source"
    shutil.copytree(ROOT, source, ignore=IGNORED)
    script = "from setuptools import build_meta; import sys; build_meta.build_wheel(sys.argv[1])"
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, folder],
        cwd=source,
        check=True,
        capture_output=True,
    )
    [built] = folder.glob("*.whl")
    return built
