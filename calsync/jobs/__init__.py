"""When services run by themselves."""
