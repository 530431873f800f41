"""
A patch as a mail that `git am` makes a commit of.

https://git-scm.com/docs/git-format-patch
"""

import binascii
from collections.abc import Sequence

from scratchify.patch.reading import read_patch
from scratchify.patch.statistics import statistics_lines

_FIRST = "From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001"
"""By it git, and file(1), tell patches from mails that somebody sent."""


def mail(patch: bytes, sender: str, subject: str, explanation: Sequence[str], version: str) -> bytes:
    """
    Return the mail of a patch: `subject` and `explanation` become the message of the commit.

    It has no date, so that the same patch is the same mail. Where a line ends in CRLF, it is in quoted-printable, for
    git takes the CR for one that the mail brought.
    """
    files = read_patch(patch, "the patch")
    body = [*explanation, "---", *statistics_lines(files), "", ""]
    text = "\n".join(body).encode("utf-8", "replace") + patch + f"-- \nscratchify {version}\n\n".encode()
    encoding = "8bit"
    if b"\r" in text:
        encoding = "quoted-printable"
        text = b"\n".join(binascii.b2a_qp(line, istext=False) for line in text.split(b"\n"))
    head = [
        _FIRST,
        f"From: {_header(sender.partition('<')[0].strip())} <{sender.partition('<')[2].rstrip('>')}>",
        f"Subject: [PATCH] {_header(subject)}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=UTF-8",
        f"Content-Transfer-Encoding: {encoding}",
        "",
        "",
    ]
    return "\n".join(head).encode() + text


def _header(text: str) -> str:
    if text.isascii() and "=?" not in text:
        return text
    encoded = binascii.b2a_base64(text.encode("utf-8", "replace"), newline=False).decode()
    return f"=?UTF-8?B?{encoded}?="
