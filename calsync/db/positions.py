"""Where a page of a long list begins: behind a row, or before one."""

from datetime import datetime

#: The time that the list is in the order of, as a row has it, and the row's id.
Position = tuple[datetime, str]
