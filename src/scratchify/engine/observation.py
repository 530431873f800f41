"""One run of an image, watched: how it ends, what it says, where it listens, what it answers, how it stops."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from scratchify.engine.client import Running, Start
from scratchify.engine.http_probe import TALK, Answer, answer, request
from scratchify.engine.image import Image
from scratchify.engine.ports import SCRIPT, Port, Watch
from scratchify.engine.processes import KEPT, wait_for
from scratchify.engine.trial import Trial
from scratchify.engine.written import Written, written_by
from scratchify.errors import EngineFailed

HOSTNAME = "scratchify"
"""Of every container, for programs print theirs."""

SETTLED = 1.0
"""Seconds for which the ports stay as they are before a server counts as ready: it may open several."""

GRACE = 10.0
"""Seconds from SIGTERM to SIGKILL, as in `docker stop`."""

ANSWER = 5.0
"""Seconds for one answer."""

HINTS = 15.0
"""Seconds after which hints are no longer followed."""

EPHEMERAL = 32768
"""From here on ports are given out by chance: net.ipv4.ip_local_port_range."""

MOST_PORTS = 8
"""That are asked for pages."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """
    What holds for both runs alike.

    `network` is one of the engine's, None one without a way out; `arguments` are for the program; `seconds` is how long
    it may take to end or to listen, `watch` for how long a server is watched then; `memory` is in bytes. `probes` are
    paths that a server is asked for; of `hints`, which may be none, only the status counts.
    """

    arguments: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    probes: tuple[str, ...] = ("/",)
    hints: tuple[str, ...] = ()
    network: str | None = None
    seconds: float = 20
    watch: float = 5
    memory: int = 1024**3
    processes: int = 256


@dataclass(frozen=True, slots=True)
class Ending:
    """How the first process ended; `seconds` from the signal, None where it ended by itself."""

    status: int
    seconds: float | None = None
    killed: bool = False
    out_of_memory: bool = False
    signal: str = "SIGTERM"


@dataclass(frozen=True, slots=True)
class Output:
    """What a stream said: the first bytes of it, and how many there were in all."""

    content: bytes
    size: int

    @property
    def is_cut(self) -> bool:
        return self.size > KEPT


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of one run; `ready` in seconds, `health` the status of the image's own health check."""

    trouble: str
    ports: tuple[Port, ...]
    ready: float | None
    answers: tuple[Answer, ...]
    health: int | None
    ending: Ending
    stdout: Output
    stderr: Output
    written: tuple[Written, ...] = ()

    @property
    def ended_by_itself(self) -> bool:
        return self.ending.seconds is None


@dataclass(frozen=True, slots=True)
class Launch:
    """What is started: the image, and what is said in place of its entry point and command."""

    image: Image
    entrypoint: str | None
    arguments: tuple[str, ...]


def observe(
    trial: Trial, what: str, launch: Launch, helper: Image, conditions: Conditions, *, first: Observation | None = None
) -> Observation:
    """
    Run an image and watch it.

    `what` names the run among those of the trial, `helper` is an image with a shell, for the container that looks at
    the network. After a `first` run a server is given time to open the same ports, and asked for the same paths. Raises
    EngineFailed.
    """
    with _network(trial, what, conditions) as network, _helper(trial, what, helper, network, conditions) as watch:
        start = Start(
            image=launch.image.id,
            name=trial.container_name(what),
            labels=trial.labels,
            network=f"container:{trial.container_name(f'{what}-network')}",
            entrypoint=launch.entrypoint,
            arguments=launch.arguments,
            environment=conditions.environment,
            memory=conditions.memory,
            processes=conditions.processes,
        )
        with trial.client.started(start) as running:
            ready = _wait(running, watch, conditions.seconds, _expected(launch.image, first))
            asked = None if first is None else {(answer.port, answer.path) for answer in first.answers}
            return _watched(trial, what, launch, running, watch, conditions, ready, asked)


def _watched(
    trial: Trial,
    what: str,
    launch: Launch,
    running: Running,
    watch: Watch,
    conditions: Conditions,
    ready: float | None,
    asked: set[tuple[int, str]] | None,
) -> Observation:
    """Look at a run that has ended, or is ready, or will be neither; then stop it."""
    client = trial.client
    signal = launch.image.stop_signal or "SIGTERM"
    answers: tuple[Answer, ...] = ()
    health = None
    ports: tuple[Port, ...] = ()
    if not running.has_ended():
        ports = tuple(sorted(watch.ports))
        helper = trial.container_name(f"{what}-network")
        answers = tuple(_answers(trial, helper, ports, conditions, asked))
        if launch.image.health_check and (words := launch.image.health_check.words):
            health = client.call(running.name, words, seconds=ANSWER)
        # what it does a moment later counts as well
        running.wait(running.since + (ready or 0) + conditions.watch - time.monotonic())
        ports = tuple(sorted(watch.ports)) or ports
    seconds, killed = (None, False) if running.has_ended() else _stop(trial, running, signal)
    running.finish()
    state = client.state(running)
    return Observation(
        trouble=state.trouble,
        ports=ports,
        ready=ready,
        answers=answers,
        health=health,
        # some engines do not notice who was killed for its memory; nobody else kills here
        ending=Ending(
            state.status, seconds, killed, state.out_of_memory or (seconds is None and state.status == 137), signal
        ),
        stdout=Output(running.stdout.content, running.stdout.size),
        stderr=Output(running.stderr.content, running.stderr.size),
        written=() if state.trouble else written_by(client, running.name, launch.image.volumes),
    )


def _expected(image: Image, first: Observation | None) -> set[int]:
    """Return the ports that are waited for: those that the image announces, later those that opened at first."""
    if first is None:
        numbers = (port.removesuffix("/tcp") for port in image.ports)
        return {int(number) for number in numbers if number.isdecimal()}
    return {port.number for port in first.ports if port.number < EPHEMERAL}


def _wait(running: Running, watch: Watch, seconds: float, expected: set[int]) -> float | None:
    """Wait until a program ends, or listens and opens no more ports; return when it listened, in seconds."""

    def decided() -> bool:
        settled = bool(watch.ports) and time.monotonic() - watch.changed > SETTLED
        return running.has_ended() or (settled and expected <= {port.number for port in watch.ports})

    wait_for(decided, seconds)
    return None if running.has_ended() or not watch.ports else round(watch.changed - running.since, 2)


def _stop(trial: Trial, running: Running, signal: str) -> tuple[float, bool]:
    """Ask a program to end, as `docker stop` does; return how long it took, and whether it had to be killed."""
    begin = time.monotonic()
    trial.client.signal(running.name, signal)
    ended = running.wait(GRACE)
    seconds = time.monotonic() - begin
    if not ended:
        trial.client.signal(running.name, "KILL")
        running.wait(GRACE)
    return round(seconds, 2), not ended


def _answers(
    trial: Trial, helper: str, ports: Sequence[Port], conditions: Conditions, asked: set[tuple[int, str]] | None
) -> Iterator[Answer]:
    """Yield what each port answers; a later run is asked for just what the first was, for programs log requests."""
    end = time.monotonic() + HINTS
    for port in ports[:MOST_PORTS]:
        words = ("/bin/sh", "-c", TALK, port.host, str(port.number))
        for path in (*conditions.probes, *conditions.hints):
            is_late = path not in conditions.probes and time.monotonic() > end
            if is_late if asked is None else (port.number, path) not in asked:
                continue
            received = trial.client.exchange(helper, words, request(port, path), seconds=ANSWER)
            yield answer(port, path, received)


@contextmanager
def _network(trial: Trial, what: str, conditions: Conditions) -> Iterator[str]:
    if conditions.network:
        yield conditions.network
        return
    name = trial.container_name(f"{what}-network")
    trial.client.make_network(name, trial.labels)
    try:
        yield name
    finally:
        trial.client.remove_network(name)


@contextmanager
def _helper(trial: Trial, what: str, image: Image, network: str, conditions: Conditions) -> Iterator[Watch]:
    """Hold the network that the program joins, and look at its ports."""
    start = Start(
        image=image.id,
        name=trial.container_name(f"{what}-network"),
        labels=trial.labels,
        network=network,
        entrypoint="/bin/sh",
        arguments=("-c", SCRIPT),
        hostname=HOSTNAME,
        user="0",
        memory=conditions.memory,
        processes=conditions.processes,
    )
    with trial.client.watched(start) as (stream, errors, has_ended):
        watch = Watch(stream)
        wait_for(lambda: watch.is_looking or has_ended(), 30)
        if not watch.is_looking:
            errors.finish()
            why = errors.content.decode("utf-8", "replace").strip().partition("\n")[0]
            raise EngineFailed(f"no helper container beside the program: {why or 'it does not start'}")
        yield watch
