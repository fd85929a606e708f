"""What a sync costs, beside the least that it could and beside vdirsyncer."""
