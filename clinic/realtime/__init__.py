"""Events on their way to open screens."""
