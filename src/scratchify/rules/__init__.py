"""The rules, one file each. They decide and never write; none knows another; their order is the report's alone."""

from scratchify.decisions import Rule
from scratchify.rules import (
    binary,
    build_arguments,
    build_stage,
    ca_certificates,
    callers,
    cgo,
    copied_files,
    environment,
    exec_form_entrypoint,
    followed_steps,
    go_source,
    image_metadata,
    made_directories,
    mime_types,
    name_resolution,
    numeric_user,
    programs,
    static_binary,
    system_files,
    temporary_directory,
    time_zone_data,
    user_database,
    working_directory,
)

RULES: tuple[Rule, ...] = (
    # refusals
    followed_steps.RULE,
    go_source.RULE,
    cgo.RULE,
    programs.RULE,
    callers.RULE,
    # builder stage
    build_stage.RULE,
    static_binary.RULE,
    # needs at run time
    binary.RULE,
    copied_files.RULE,
    ca_certificates.RULE,
    time_zone_data.RULE,
    mime_types.RULE,
    temporary_directory.RULE,
    name_resolution.RULE,
    user_database.RULE,
    system_files.RULE,
    made_directories.RULE,
    # image metadata
    build_arguments.RULE,
    environment.RULE,
    working_directory.RULE,
    numeric_user.RULE,
    image_metadata.RULE,
    exec_form_entrypoint.RULE,
)

__all__ = ["RULES"]
