"""`calsync keys`: what encrypts tokens, and the secret that signs cookies."""

import click

from calsync.cli.installation import open_tools, plain_errors
from calsync.ids import new_id, new_secret
from calsync.keys import new_key
from calsync.services.key_rotation import rotate_keys


@click.group()
def keys() -> None:
    """Keys and secrets of this installation."""


@keys.command()
def new() -> None:
    """Print a new entry for CALSYNC_TOKEN_KEYS."""
    click.echo(f"k{new_id()[:6]}:{new_key()}")


@keys.command()
def secret() -> None:
    """Print a new CALSYNC_SECRET_KEY."""
    click.echo(new_secret())


@keys.command()
@plain_errors
def rotate() -> None:
    """Encrypt every token anew with the first key of CALSYNC_TOKEN_KEYS, while calsync runs."""
    count = rotate_keys(open_tools())
    click.echo(f"{count} tokens were encrypted anew. The keys behind the first may be removed.")
