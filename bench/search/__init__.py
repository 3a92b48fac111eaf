"""How fast the patient search is, whom it finds, and by which index."""
