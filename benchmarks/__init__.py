"""Programs that measure over many Dockerfiles."""
