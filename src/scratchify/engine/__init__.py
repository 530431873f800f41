"""Build and run for real, and compare: the strongest evidence that a refactoring is right."""
