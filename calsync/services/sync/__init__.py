"""The sync of one integration: read, decide, carry out, settle (SYNC.md)."""
