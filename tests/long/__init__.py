"""Long trials of the product in real processes: killed, put back, taken to another schema."""
