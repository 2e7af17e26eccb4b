"""Is anything lost while everything around fails? `make faults` tells."""
