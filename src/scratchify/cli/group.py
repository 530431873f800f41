"""The commands, and convert as the one that needs no name."""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click
from click_default_group import DefaultGroup

from scratchify.cli.boundary import kept_from_click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS = ("apply", "bot", "config", "convert", "explain", "rules", "verify")
DEFAULT = "convert"

REFINED = frozenset({"assume_source", "engine", "go_download", "guard", "mail", "output", "stat", "static_cgo"})
"""Options of the default command for which the first screen has no room; its own help has them."""


class LazyGroup(DefaultGroup):  # type: ignore[misc]  # click-default-group has no types
    """A group that imports a command when it is asked for; each is `command` of the module that is called like it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click calls it so
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        name = cmd_name if cmd_name in COMMANDS else DEFAULT
        if name not in self.commands:
            self.add_command(import_module(f"scratchify.cli.{name}").command, name)
        found: click.Command | None = super().get_command(ctx, cmd_name)
        return found

    def make_context(self, *arguments: Any, **extra: Any) -> click.Context:  # Any: click's own, handed on
        with kept_from_click():
            context: click.Context = super().make_context(*arguments, **extra)
            return context

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # While a shell completes the first word, it may still become a command.
        if ctx.resilient_parsing and not args:
            return click.Group.parse_args(self, ctx, args)
        _refuse_mistyped(args[:1])
        # Behind `--` all are paths, also where the first looks like an option.
        if args[:1] == ["--"]:
            args.insert(0, DEFAULT)
        rest: list[str] = super().parse_args(ctx, args)
        return rest

    def invoke(self, ctx: click.Context) -> object:
        with kept_from_click():
            return super().invoke(ctx)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Say what matters most on one screen: the options are those of the default command."""
        formatter.write_usage(ctx.command_path, "[OPTIONS] [PATH]...")
        formatter.write_usage(ctx.command_path, "COMMAND [OPTIONS] ...", prefix="       ")
        self.format_help_text(ctx, formatter)
        convert = self._default(ctx)
        first = [option for option in convert.command.params if option.name not in REFINED]
        click.Command(DEFAULT, params=first).format_options(convert, formatter)
        self.format_commands(ctx, formatter)
        self.format_epilog(ctx, formatter)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Offer what may stand first: a command, an option of the default command, or a path."""
        from click.shell_completion import CompletionItem

        convert = self._default(ctx)
        commands: list[CompletionItem] = super().shell_complete(ctx, incomplete)
        options = convert.command.shell_complete(convert, incomplete)
        known = {item.value for item in commands}
        paths = [] if incomplete.startswith("-") else [CompletionItem(incomplete, type="file")]
        return [*commands, *(item for item in options if item.value not in known), *paths]

    def _default(self, ctx: click.Context) -> click.Context:
        command = self.get_command(click.Context(self), DEFAULT)
        assert command is not None
        return click.Context(command, info_name=DEFAULT, parent=ctx)


def _refuse_mistyped(first: list[str]) -> None:
    """A word that is no path and nearly a command is not taken for a path: the paths behind it would be rewritten."""
    for word in first:
        if word.startswith("-") or word in COMMANDS or os.path.lexists(word):
            continue
        from difflib import get_close_matches

        if close := get_close_matches(word, COMMANDS, n=1):
            raise click.UsageError(f"{word} is neither a command nor a path; did you mean {close[0]}?")


@click.group(
    cls=LazyGroup,
    default=DEFAULT,
    default_if_no_args=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  scratchify --diff                show what would change in this folder
  scratchify api/Dockerfile        rewrite one file
  scratchify convert --help        show every option
""",
)
@click.version_option(package_name="scratchify", message="scratchify %(version)s")
def scratchify() -> None:
    """
    Rewrite single-stage Go Dockerfiles into a build stage and FROM scratch.
    A folder is searched, without PATH the working one; - is standard input.
    """
