"""Posts from networks and files."""
