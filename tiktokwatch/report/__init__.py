"""Summary and digest, as records and in print."""
