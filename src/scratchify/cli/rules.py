"""`scratchify rules`: what each rule does, and why."""

import sys
from typing import TYPE_CHECKING

import click

from scratchify.examination.attempt import DONE
from scratchify.report.terminal import Screen

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def _complete_name(
    ctx: click.Context,  # noqa: ARG001  # click calls it so
    param: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> "list[CompletionItem]":
    from click.shell_completion import CompletionItem

    from scratchify.rules import RULES

    return [CompletionItem(rule.name, help=rule.summary) for rule in RULES if rule.name.startswith(incomplete)]


@click.command("rules", short_help="Show what each rule does.")
@click.argument("name", required=False, metavar="[NAME]", shell_complete=_complete_name)
def command(*, name: str | None) -> int:
    """Show the rules, or with NAME one of them: what it does, why, and an example."""
    from scratchify.report.rule_page import rule_list, rule_page
    from scratchify.rules import RULES

    rule = next((rule for rule in RULES if rule.name == name), None)
    if name is None:
        lines = rule_list(RULES)
    elif rule is None:
        raise click.UsageError(_unknown(name, [rule.name for rule in RULES]))
    else:
        lines = rule_page(rule)
    for line in lines:
        Screen(sys.stdout).say(*line)
    return DONE


def _unknown(name: str, names: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, names)
    advice = f"did you mean {' or '.join(close)}?" if close else "scratchify rules lists them"
    return f"there is no rule {name}; {advice}"
