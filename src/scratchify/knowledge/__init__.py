"""Facts about the world, as tables that people correct; each entry has its source."""

from scratchify.knowledge.images import BaseImage, base_image
from scratchify.knowledge.modules import CgoModule, RuntimeModule, cgo_modules, longest_prefix, runtime_modules
from scratchify.knowledge.names import BuildInput, DevelopmentTool, build_input, development_tools

__all__ = [
    "BaseImage",
    "BuildInput",
    "CgoModule",
    "DevelopmentTool",
    "RuntimeModule",
    "base_image",
    "build_input",
    "cgo_modules",
    "development_tools",
    "longest_prefix",
    "runtime_modules",
]
