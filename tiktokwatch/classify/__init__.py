"""Posts into verdicts."""
