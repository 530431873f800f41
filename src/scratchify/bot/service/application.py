"""The service's pages: deliveries in, and what became of them out."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from scratchify.bot.service.deliveries import (
    MAX_BODY,
    BadDelivery,
    Delivery,
    Ignored,
    Installed,
    PullRequested,
    Pushed,
    is_signed,
    read_delivery,
)
from scratchify.bot.service.metrics import Metrics
from scratchify.bot.service.queue import Queue, Wish
from scratchify.report.terminal import visible

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""Of the page of jobs, which needs its style and nothing else."""


@dataclass(frozen=True, slots=True)
class Service:
    """What the pages need: the queue, the webhook's secret, the branch of the bot itself, and whom to wake."""

    queue: Queue
    secret: str
    branch: str
    metrics: Metrics
    wake: Callable[[], None] = lambda: None


def application(service: Service) -> "Starlette":
    """Return the application: POST /webhook, GET /, /healthz and /metrics."""
    from starlette.applications import Starlette
    from starlette.routing import Route

    pages = _Pages(service)
    return Starlette(
        routes=[
            Route("/webhook", pages.webhook, methods=["POST"]),
            Route("/healthz", pages.health),
            Route("/metrics", pages.metrics),
            Route("/", pages.jobs),
        ]
    )


class _Pages:
    def __init__(self, service: Service) -> None:
        self._service = service
        self._page = resources.files("scratchify.bot.service").joinpath("jobs.html.jinja").read_text("utf-8")

    async def webhook(self, request: "Request") -> "Response":
        from starlette.responses import JSONResponse

        service, event = self._service, request.headers.get("X-GitHub-Event", "")
        body = await _body(request)
        if body is None:
            return self._refused(event, 413, f"more than {MAX_BODY} bytes")
        if not is_signed(service.secret, body, request.headers.get("X-Hub-Signature-256", "")):
            return self._refused(event, 401, "the signature is not that of this body")
        delivery_id = request.headers.get("X-GitHub-Delivery", "")
        if not (0 < len(delivery_id) <= 100):
            return self._refused(event, 400, "X-GitHub-Delivery is missing")
        try:
            delivery = read_delivery(event, body)
        except BadDelivery as error:
            return self._refused(event, 400, str(error))
        wishes, why = _wishes(delivery, service.branch)
        # one short transaction: what is answered is kept
        is_first = service.queue.take(delivery_id, wishes)
        if is_first and wishes:
            service.wake()
        told = ("taken" if wishes else f"ignored: {why}") if is_first else "known already"
        service.metrics.delivered(event, told.partition(":")[0])
        return JSONResponse({"result": visible(told)}, 202 if wishes and is_first else 200)

    async def health(self, _: "Request") -> "Response":
        from starlette.responses import JSONResponse

        return JSONResponse({"jobs": self._service.queue.counts()})

    async def metrics(self, _: "Request") -> "Response":
        from starlette.responses import Response

        content, kind = self._service.metrics.page(self._service.queue.counts())
        return Response(content, headers={"Content-Type": kind})

    async def jobs(self, _: "Request") -> "Response":
        from datetime import UTC, datetime

        from jinja2 import Environment
        from starlette.responses import HTMLResponse

        environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
        environment.filters["visible"] = visible
        environment.filters["time"] = lambda at: datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
        page = environment.from_string(self._page)
        found = page.render(jobs=self._service.queue.jobs(), counts=self._service.queue.counts())
        return HTMLResponse(found.encode("utf-8", "backslashreplace"), headers=HEADERS)

    def _refused(self, event: str, status: int, why: str) -> "Response":
        from starlette.responses import JSONResponse

        self._service.metrics.delivered(event, "refused")
        return JSONResponse({"error": visible(why)}, status)


async def _body(request: "Request") -> bytes | None:
    """Return the body, None where it is too long, whatever its headers say."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY:
            return None
        parts.append(part)
    return b"".join(parts)


def _wishes(delivery: Delivery, branch: str) -> tuple[tuple[Wish, ...], str]:
    """Return what a delivery asks for, or nothing and why."""
    match delivery:
        case Pushed(repository=repository, commit=commit, at=at):
            return (Wish(repository, commit, at),), ""
        case Installed(repositories=names):
            # of its state nothing is said: whatever a push says later is newer
            return tuple(Wish(name, "", 0) for name in names), ""
        case PullRequested(head=head) if head == branch:
            return (), "it is the bot's own"
        case PullRequested(repository=repository, number=number, commit=commit, at=at):
            return (Wish(repository, commit, at, number),), ""
        case Ignored(why=why):
            return (), why
