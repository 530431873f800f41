"""A service for a GitHub App: deliveries to jobs, jobs to pull requests and reviews."""
