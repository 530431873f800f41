"""Counts and times for Prometheus: https://prometheus.io/docs/practices/naming/."""

from collections.abc import Mapping

from scratchify.bot.service.queue import Job, State

EVENTS = frozenset({"push", "installation", "installation_repositories", "pull_request", "ping"})
"""A label has few values, whatever is sent."""


class Metrics:
    """What a service counts, in a registry of its own."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self._registry = CollectorRegistry()
        self._deliveries = Counter(
            "scratchify_deliveries", "Deliveries of webhooks.", ["event", "result"], registry=self._registry
        )
        self._jobs = Gauge("scratchify_jobs", "Jobs by state.", ["state"], registry=self._registry)
        self._seconds = Histogram(
            "scratchify_job_seconds",
            "Seconds that a job took.",
            ["result"],
            buckets=(0.5, 1, 2, 5, 10, 30, 60, 300, 1800),
            registry=self._registry,
        )

    def delivered(self, event: str, result: str) -> None:
        self._deliveries.labels(event if event in EVENTS else "other", result).inc()

    def worked(self, _: Job, ended: str, seconds: float) -> None:
        self._seconds.labels(ended).observe(seconds)

    def page(self, counts: Mapping[State, int]) -> tuple[bytes, str]:
        """Return the page and its content type."""
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

        states: tuple[State, ...] = ("waiting", "running", "done", "failed")
        for state in states:
            self._jobs.labels(state).set(counts.get(state, 0))
        return generate_latest(self._registry), CONTENT_TYPE_LATEST
