"""Schema changes, oldest first; each can be taken back."""
