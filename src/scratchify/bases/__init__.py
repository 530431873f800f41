"""The ladder of final bases: which is the smallest that meets every requirement, and what follows from it."""

from scratchify.bases.choice import Chosen, TooSmall, choose_base
from scratchify.bases.rungs import STEPS, Base
from scratchify.bases.settled import settle

__all__ = ["STEPS", "Base", "Chosen", "TooSmall", "choose_base", "settle"]
