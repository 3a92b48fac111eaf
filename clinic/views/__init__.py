"""Pages of the portal that belong to the whole clinic."""
