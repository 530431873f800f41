"""
Build each Dockerfile of a folder and what it becomes, and say how far the results are from the least that is possible.

    python benchmarks/images.py FOLDER [--jobs 2] [--engine CLIENT]

The least is the binary as built, root certificates, zone data, and the files that there is evidence for; 1.00 is an
image that has nothing else. Dockerfiles that are not rewritten are passed over. Nothing of the folder is changed, and
nothing stays in the engine. The exit status is 1 where something does not build.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median

from scratchify.configuration import settings_for
from scratchify.context import DirectoryContext
from scratchify.engine.choice import find_engine
from scratchify.engine.client import Client
from scratchify.engine.verification import Progress, Sizes, Subject, Verification, Wishes, measure
from scratchify.errors import InvalidDockerfile
from scratchify.model import understand
from scratchify.outcome import Rewritten
from scratchify.refactor import refactor
from scratchify.search import dockerfiles_in, locate_context
from scratchify.syntax import parse


def subject_of(dockerfile: Path) -> Subject | None:
    """Return what is to be built; None where the Dockerfile is not rewritten."""
    before = dockerfile.read_bytes()
    text = before.decode("utf-8", "surrogateescape")
    try:
        context = locate_context(dockerfile, text)
        outcome = refactor(text, DirectoryContext(context, dockerfile), settings_for(dockerfile))
    except InvalidDockerfile:
        return None
    return Subject(dockerfile, context, before, outcome) if isinstance(outcome, Rewritten) else None


@contextmanager
def house_images(client: Client, dockerfiles: Iterable[Path]) -> Iterator[None]:
    """Give images of a house, which no registry has, to the engine: under their names, those that they stand for."""
    named: list[str] = []
    for dockerfile in dockerfiles:
        build = understand(parse(dockerfile.read_bytes().decode("utf-8", "surrogateescape")))
        build = replace(build, builders=settings_for(dockerfile).builders)
        image = build.image_of(build.stages[0])
        if build.builders and image not in named:
            known = build.known_as(build.stages[0])
            _asked(client, "tag", f"{known.path}:{known.tag}", image)
            named.append(image)
    try:
        yield
    finally:
        for image in named:
            _asked(client, "rmi", image)


def _asked(client: Client, *words: str) -> None:
    subprocess.run([client.program, *words], env=client.environment, capture_output=True, check=True)


def measured(subjects: Sequence[Subject], client: Client, jobs: int) -> list[Sizes | Verification]:
    """Return the sizes of each, in order."""
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(lambda subject: measure(subject, client, Wishes(), Progress()), subjects))


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--jobs", type=int, default=2, help="builds at a time")
    parser.add_argument("--engine", help="docker, podman, or a path of one")
    options = parser.parse_args(arguments)

    files = dockerfiles_in(options.folder, unreadable=lambda error: print(error, file=sys.stderr))
    subjects = [subject for file in files if (subject := subject_of(file))]
    client = find_engine(options.engine)
    print(f"{'':40} {'before':>9} {'after':>9} {'least':>9} {'ratio':>6} {'symbols':>8}")
    ratios, failures = [], 0
    with house_images(client, [subject.dockerfile for subject in subjects]):
        found = measured(subjects, client, options.jobs)
    for subject, sizes in zip(subjects, found, strict=True):
        name = str(subject.dockerfile.relative_to(options.folder))
        if not isinstance(sizes, Sizes):
            failures += 1
            print(f"{name:40} {getattr(sizes, 'why', 'not measured')}")
            continue
        ratios.append(sizes.ratio)
        amounts = (sizes.original, sizes.result, sizes.limit.total)
        in_megabytes = " ".join(f"{amount / 1e6:7.1f}MB" for amount in amounts)
        print(f"{name:40} {in_megabytes} {sizes.ratio:6.3f} {sizes.limit.strippable / 1e6:6.1f}MB")
    if ratios:
        print(f"{len(ratios)} images on {client.title()}; median {median(ratios):.4f}, most {max(ratios):.4f}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
