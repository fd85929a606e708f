"""A local Cronofy, for development, tests and the demo.

It shares no code with the product, so that a mistake in the product's client
cannot agree with itself. What it does follows Cronofy's documentation.
"""
