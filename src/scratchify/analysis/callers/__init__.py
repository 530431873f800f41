"""Who builds and runs the image, and how: what the files of the repository say."""

from scratchify.analysis.callers.gathering import Caller, Callers, builds_of, callers, own_name
from scratchify.analysis.callers.said import Said

__all__ = ["Caller", "Callers", "Said", "builds_of", "callers", "own_name"]
