"""Two-way calendar sync between a PSA's My Calendar and a user's own calendar."""

from pathlib import Path


def find_folder(name: str) -> Path:
    """Return the folder ``templates`` or ``static``, wherever this installation has it.

    In a wheel they travel inside the package; in a checkout and in an editable
    install they stand beside it.
    """
    package = Path(__file__).parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name
