"""What a command costs: CPU time, which is the least of several runs, and memory."""

import resource
import subprocess
import sys
from pathlib import Path

_WORK = "source = 'def f(a, b):\\n    return [a + n for n in b if n]\\n' * 20\n" + (
    "for _ in range(60):\n    compile(source, 'source', 'exec')\n"
)
_ITS_TIME = 0.035
"""CPU-seconds that the work above takes on a processor of 2024 with nothing else to do."""


def cpu_time(command: list[str], folder: Path, enough: float = 0) -> float:
    """
    Return the least of several runs, for what else the machine does only adds: of 5, and of up to 25 while all of them
    took more than what would be `enough`.
    """
    times: list[float] = []
    while len(times) < 5 or (enough and min(times) > enough and len(times) < 25):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, cwd=folder, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


def slowness() -> float:
    """Return how much longer than a processor of 2024 this machine takes now for the same work, 1 where it does not."""
    return max(1.0, cpu_time([sys.executable, "-c", _WORK], Path.cwd()) / _ITS_TIME)


def cost(command: list[str], folder: Path) -> tuple[float, int]:
    """
    Return CPU-seconds and the largest resident set, in bytes, of one run. A small process starts the command: Linux
    counts what the parent held before the program took its place, and this one may hold more than the program does.
    """
    program = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, *command], cwd=folder, capture_output=True, check=True)
    seconds, memory = done.stdout.split()
    return float(seconds), int(memory) * (1 if sys.platform == "darwin" else 1024)
