"""Schema changes, oldest first; each can be taken back."""

from pathlib import Path

#: Where Alembic finds them, in a checkout and in a wheel.
FOLDER = Path(__file__).parent
