"""Patches: written as git writes them, read back, and applied byte for byte or not at all."""

from scratchify.patch.application import applied, is_applied
from scratchify.patch.reading import FilePatch, Hunk, read_patch, recounted
from scratchify.patch.unified import check_patch, unified_diff

__all__ = ["FilePatch", "Hunk", "applied", "check_patch", "is_applied", "read_patch", "recounted", "unified_diff"]
