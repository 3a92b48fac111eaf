"""Pages of telephone calls."""
