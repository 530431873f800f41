"""The forges behind the protocol, each a module; which one is a matter of its name."""

from dataclasses import dataclass, field

from scratchify.bot.forge import Forge
from scratchify.errors import InvalidSettings


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a forge knows the bot by: a token, or the number and the private key (PEM) of a GitHub App."""

    token: str | None = field(default=None, repr=False)
    app: str | None = None
    private_key: str | None = field(default=None, repr=False)


def connect(kind: str, api_url: str | None, secrets: Secrets) -> Forge:
    """Return the forge of this kind. Raises InvalidSettings, and MissingExtra where its client is not installed."""
    match kind:
        case "github":
            from scratchify.bot.forges.github import GitHub

            return GitHub(api_url, secrets)
        case "gitlab":
            from scratchify.bot.forges.gitlab import GitLab

            return GitLab(api_url, secrets)
        case "gitea":
            from scratchify.bot.forges.gitea import Gitea

            return Gitea(api_url, secrets)
        case _:
            raise InvalidSettings(f"there is no forge {kind}")
