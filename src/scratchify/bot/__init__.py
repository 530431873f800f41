"""Repositories to pull requests."""
