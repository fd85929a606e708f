"""The only code that tells the PSA what changed: signed messages to addresses it chose."""
