"""A Cronofy in memory, on a clock that jumps, for tests that run thousands of histories."""
