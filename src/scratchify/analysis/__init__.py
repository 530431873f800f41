"""A build and its context to facts; each answer is known, or blocked with the reason."""
