"""The only code that talks to Cronofy."""
