"""Tests of the Cronofy client."""
