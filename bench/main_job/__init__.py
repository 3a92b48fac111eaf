"""How long the main job takes, on a private installation of its own."""
