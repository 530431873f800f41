"""`scratchify bot`: pull requests for one repository, some, or all of an owner."""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from scratchify.cli import options
from scratchify.configuration import Configurations, Said
from scratchify.errors import InvalidSettings
from scratchify.examination.attempt import DONE, FAILED
from scratchify.report.terminal import Screen

if TYPE_CHECKING:
    from scratchify.bot.forge import Forge, Repository
    from scratchify.bot.journal import Journal
    from scratchify.bot.sweep import Selection
    from scratchify.bot.visit import Errand, Visit

Command = TypeVar("Command", bound=Callable[..., Any])

FORMATS = ("text", "json", "html")

TOKENS = {"github": "GITHUB_TOKEN", "gitlab": "GITLAB_TOKEN", "gitea": "GITEA_TOKEN"}
"""Variables of the environment that a token is taken from where SCRATCHIFY_TOKEN has none."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says of a run."""

    forge: str
    api_url: str | None
    limit: int | None
    rate: str | None
    resume: Path | None
    format: str
    dry_run: bool


def _all_of(*adding: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Return what adds these options, in this order."""

    def added(command: Command) -> Command:
        for add in reversed(adding):
            command = add(command)
        return command

    return added


_errand = _all_of(
    click.option("--forge", type=click.Choice([*TOKENS]), default="github", help="Whose API is spoken."),
    click.option("--api-url", metavar="URL", help="Of an installation of one's own."),
    click.option("--author", metavar="NAME", help="Of the commits.  [default: scratchify]"),
    click.option("--email", metavar="ADDRESS", help="Of the author."),
    click.option("--sign-off", is_flag=True, default=None, help="Sign each commit off (DCO)."),
    click.option("--branch-prefix", metavar="PREFIX", help="Of the branch.  [default: scratchify/]"),
    click.option("--labels", "--label", multiple=True, metavar="NAME", help="Of the pull request.  [repeatable]"),
    click.option("--reviewers", "--reviewer", multiple=True, metavar="NAME", help="Who is asked.  [repeatable]"),
    click.option("--draft", is_flag=True, default=None, help="Open it as a draft."),
    click.option("--title", metavar="TEMPLATE", help="With $count and $files."),
    click.option("--body", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="A template."),
    click.option("--verify", is_flag=True, help="Build and run their code, and take what proves right."),
    options.engine,
    options.choices,
)
"""What is done, and what it is called."""

_run = _all_of(
    click.option("--dry-run", is_flag=True, help="Push nothing; print patch and pull request."),
    click.option("--reopen", is_flag=True, help="Also where somebody closed it."),
    click.option("--limit", type=click.IntRange(min=0), metavar="N", help="Have at most N open at a time."),
    click.option("--rate", metavar="N/hour", help="Push no faster."),
    click.option(
        "--resume", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Go on where it stopped."
    ),
    click.option("--format", "format_", type=click.Choice([*FORMATS]), default="text", help="Of the report."),
    _errand,
)
"""How a run goes, besides."""


@click.group("bot", short_help="Open pull requests.")
def command() -> None:
    """
    Open pull requests: one a repository, with all its Dockerfiles, a commit each.

    The token is that of SCRATCHIFY_TOKEN, or of GITHUB_TOKEN, GITLAB_TOKEN or GITEA_TOKEN.
    """


@command.command("run", short_help="For these repositories.")
@click.argument("repositories", nargs=-1, required=True, metavar="REPO...")
@_run
def run(*, repositories: tuple[str, ...], **given: Any) -> int:  # Any: click's own, sorted below
    """
    Open or update the pull request of each repository: owner/name, or the address that one clones.

    With --dry-run a folder will do.
    """
    asked, errand = _asked(given)
    forge, found, missing = _named(repositories, asked, errand)
    return _sweep(forge, found, errand, asked, missing=missing)


@command.command("sweep", short_help="For all repositories of an owner.")
@click.argument("owner", metavar="OWNER")
@click.option("--include", multiple=True, metavar="PATTERN", help="Only such names.  [repeatable]")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="No such names.  [repeatable]")
@click.option("--topic", multiple=True, metavar="NAME", help="Only with one of these.  [repeatable]")
@_run
def sweep(
    *, owner: str, include: tuple[str, ...], exclude: tuple[str, ...], topic: tuple[str, ...], **given: Any
) -> int:
    """Go through all repositories of an organisation or user; Go first, archived ones and forks left out."""
    from scratchify.bot.sweep import Selection

    asked, errand = _asked(given)
    forge = _forge(asked)
    return _sweep(forge, forge.repositories(owner), errand, asked, Selection(include, exclude, topic))


@command.command("serve", short_help="As a service for a GitHub App.")
@click.option("--host", default="127.0.0.1", show_default=True, help="To listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True)
@click.option("--database", type=click.Path(dir_okay=False, path_type=Path), required=True, help="For the jobs.")
@click.option("--workers", type=click.IntRange(min=1, max=64), default=2, show_default=True, help="Jobs at a time.")
@_errand
def serve(*, host: str, port: int, database: Path, workers: int, **given: Any) -> int:
    """
    Take deliveries of a GitHub App, and open pull requests and review those of others.

    SCRATCHIFY_WEBHOOK_SECRET signs the deliveries. The App is SCRATCHIFY_APP_ID with the key in
    SCRATCHIFY_PRIVATE_KEY; without them the token is that of SCRATCHIFY_TOKEN.
    """
    from scratchify.bot.service.serve import Place, work_of_bot
    from scratchify.bot.service.serve import serve as run_service

    asked, errand = _asked(given)
    secret = os.environ.get("SCRATCHIFY_WEBHOOK_SECRET")
    if not secret:
        raise InvalidSettings("there is no secret; put that of the webhook into SCRATCHIFY_WEBHOOK_SECRET")
    forge = _forge(asked)
    place = Place(host, port, database, workers)
    run_service(place, secret, errand.branch, lambda queue: work_of_bot(forge, errand, queue))
    return DONE


def _asked(given: dict[str, Any]) -> tuple[Asked, "Errand"]:
    """Sort what was given into how it is run and what is done."""
    from importlib.metadata import version

    from scratchify.bot.branch import Signature
    from scratchify.bot.examination import Look
    from scratchify.bot.git import Author, checked_branch
    from scratchify.bot.visit import BRANCH, Errand
    from scratchify.report.pull_request import Words

    if given["engine"] and not given["verify"]:
        raise click.UsageError("--engine is for --verify")
    asked = Asked(
        given["forge"],
        given["api_url"],
        given.get("limit"),
        given.get("rate"),
        given.get("resume"),
        given.get("format_", "text"),
        given.get("dry_run", False),
    )
    said = _told(given)
    author = Author(str(said.get("author", "scratchify")), str(said.get("email", "scratchify@localhost")))
    prefix = str(said.get("branch_prefix", "scratchify/"))
    checked_branch(f"{prefix}{BRANCH}")
    body = given["body"]
    errand = Errand(
        Look(given["said"], given["verify"], given["engine"], seconds=3600 if given["verify"] else 600),
        Signature(author, author, bool(said.get("sign_off", False))),
        version("scratchify"),
        prefix,
        Words(_text(said.get("title")), _template(body) if body else _text(said.get("body"))),
        _names(said.get("labels")),
        _names(said.get("reviewers")),
        draft=bool(said.get("draft", False)),
        reopen=given.get("reopen", False),
        dry_run=asked.dry_run,
    )
    return asked, errand


def _told(given: dict[str, Any]) -> Said:
    """Return what the command line says of the bot, and behind it the `[bot]` of the working folder's configuration."""
    configuration = Configurations().of(Path())
    names = ("author", "email", "sign_off", "branch_prefix", "labels", "reviewers", "draft", "title")
    spoken = {name: given[name] for name in names if given[name] not in (None, ())}
    return {**(configuration.bot if configuration else {}), **spoken}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _names(value: object) -> tuple[str, ...]:
    return tuple(str(name) for name in value) if isinstance(value, tuple) else ()


def _template(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSettings(f"{file}: cannot be read as a template: {error}") from error


def _forge(asked: Asked) -> "Forge":
    from scratchify.bot.forges import Secrets, connect

    app, key = os.environ.get("SCRATCHIFY_APP_ID"), os.environ.get("SCRATCHIFY_PRIVATE_KEY")
    if app and key:
        return connect(asked.forge, asked.api_url, Secrets(app=app, private_key=key))
    token = os.environ.get("SCRATCHIFY_TOKEN") or os.environ.get(TOKENS[asked.forge])
    if not token and not asked.dry_run:
        raise InvalidSettings(f"there is no token; put one into SCRATCHIFY_TOKEN or {TOKENS[asked.forge]}")
    return connect(asked.forge, asked.api_url, Secrets(token=token))


def _named(names: Sequence[str], asked: Asked, errand: "Errand") -> "tuple[Forge, list[Repository], list[Visit]]":
    """Return the forge, for folders one that has nothing else, the repositories that are named, and those not found."""
    local = [name for name in names if Path(name).is_dir() or "://" in name]
    if asked.dry_run and len(local) == len(names):
        from scratchify.bot.memory import MemoryForge

        found = [_by_address(name, errand) for name in names]
        return MemoryForge(found), found, []
    if folders := [name for name in names if Path(name).is_dir() and "://" not in name]:
        raise click.UsageError(f"{folders[0]} is a folder: that goes with --dry-run, and folders alone")
    from scratchify.bot.forge import ForgeFailed
    from scratchify.bot.visit import Visit

    forge, found, missing = _forge(asked), [], []
    for name in dict.fromkeys(map(_name_of, names)):
        try:
            found.append(forge.repository(name))
        except ForgeFailed as why:
            missing.append(Visit(name, "failed", str(why)))
    return forge, found, missing


def _name_of(name: str) -> str:
    """Return `owner/name` of what may be an address."""
    path = re.sub(r"^https?://[^/]+/", "", name).removesuffix("/").removesuffix(".git")
    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)+", path):
        raise click.UsageError(f"{name} is neither owner/name nor the address of a repository")
    return path


def _by_address(name: str, errand: "Errand") -> "Repository":
    """Return a repository of which only the address is known."""
    from tempfile import TemporaryDirectory

    from scratchify.bot.forge import Repository
    from scratchify.bot.git import Git

    address = name if "://" in name else str(Path(name).resolve())
    with TemporaryDirectory(prefix="scratchify-") as folder:
        git = Git(Path(folder), None, errand.limits)
        git.start()
        branch = git.default_branch(address)
    return Repository(name, address, branch or "main", empty=branch is None)


def _sweep(
    forge: "Forge",
    repositories: "Iterable[Repository]",
    errand: "Errand",
    asked: Asked,
    selection: "Selection | None" = None,
    missing: "Sequence[Visit]" = (),
) -> int:
    from scratchify.bot.sweep import ALL, Pace, Sweep, rate_of

    pace = Pace(rate_of(asked.rate) if asked.rate else None)
    screen = Screen(sys.stderr)

    def tell(repository: str, step: str) -> None:
        if screen.is_terminal:
            screen.say(f"{repository}: {step}")

    journal = _journal(asked, errand, selection)
    with closing(journal) if journal else nullcontext():
        running = Sweep(forge, errand, limit=asked.limit, pace=pace, journal=journal, tell=tell)
        visits = [*_shown(running.run(repositories, selection or ALL), asked), *missing]
    _conclude(visits, asked)
    return FAILED if any(visit.state == "failed" for visit in visits) else DONE


def _journal(asked: Asked, errand: "Errand", selection: "Selection | None") -> "Journal | None":
    if asked.resume is None:
        return None
    from scratchify.bot.journal import Journal

    what = (errand.work, errand.prefix, asked.forge, asked.api_url, asked.dry_run, selection)
    return Journal(asked.resume, repr(what))


def _shown(visits: "Iterable[Visit]", asked: Asked) -> "Iterator[Visit]":
    """Yield the visits, and print what a dry run would have pushed."""
    for visit in visits:
        if asked.dry_run and asked.format == "text" and visit.proposal:
            out = Screen(sys.stdout)
            for line in (f"# {visit.repository}: {visit.proposal.title}", "", *visit.proposal.body.split("\n"), ""):
                out.say(line)
            out.put_diff(visit.patch)
        yield visit


def _conclude(visits: "Sequence[Visit]", asked: Asked) -> None:
    from scratchify.bot.results import document, fleet, table_lines

    if asked.format == "json":
        from scratchify.report.json import encoded

        Screen(sys.stdout).put(encoded(document(visits)))
    elif asked.format == "html":
        from scratchify.report.html import to_html

        Screen(sys.stdout).put(to_html(fleet(visits)))
    for line in table_lines(visits):
        Screen(sys.stderr).say(*line)
