"""The bot with `--verify`: only what building and running proves right is proposed, with both sizes."""

from pathlib import Path

import pytest

from scratchify.bot.examination import Look
from scratchify.bot.memory import MemoryForge
from scratchify.engine.client import Client
from tests.guests import MODULE, PROGRAM, SINGLE, guest, hosted

pytestmark = [pytest.mark.engine, pytest.mark.git]

NAME = "octo/app"


def test_what_is_verified_is_proposed_with_its_sizes(tmp_path: Path, engine: Client) -> None:
    forge = MemoryForge([hosted(tmp_path, NAME, {"Dockerfile": SINGLE, "go.mod": MODULE, "main.go": PROGRAM})])
    look = Look({}, verify=True, engine=engine.program, seconds=900)
    found = guest(forge, look=look).visit(forge.repository(NAME))
    assert (found.state, found.why) == ("opened", "")
    (report,) = found.reports
    assert report.sizes
    assert report.sizes.original > 20 * report.sizes.result > 0
    (pull,) = forge.all_pulls(NAME)
    assert "| image before | after |" in pull.body
    assert " MB |" in pull.body
