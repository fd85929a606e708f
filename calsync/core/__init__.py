"""Decides; never does. No clock, no network, no database, no framework."""
