"""
What one command of a RUN does to the build stage.

A command is read for what it does to files; what is not understood says so.
"""

from scratchify.analysis import download_commands, file_commands, go_commands, package_commands, user_commands
from scratchify.analysis.arguments import Argument
from scratchify.analysis.effects import (
    HARMLESS,
    Circumstances,
    Command,
    Effects,
    GivesCapabilities,
    Writes,
    unknown,
)

SYSTEM_FOLDERS = ("", "/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/go/bin")

_HARMLESS = frozenset(
    ": [ ack apropos basename cat chpasswd chronic cksum clear cmp column comm cut date diff dircolors dirname du "
    "echo egrep env expr factor false fgrep file find fold getent golint golangci-lint gometalinter "
    "gosec grep groups head hexdump host hostname id jq ldd less locale ls lsb_release md5sum more "
    "mount nl nproc nslookup od pgrep ping pkg-config printenv printf ps pwd read readlink realpath seq set "
    "sha1sum sha256sum sha512sum shellcheck sleep stat staticcheck strings stty sum sync sysctl tail test tput tr "
    "true tsort tty uname unset wc whereis which who whoami yes upx strip".split()
)
"""Programs that only print, or change nothing but the shell; strip and upx change a file and leave it where it is."""

_OUTPUT = {
    "awk": (),
    "gofmt": (),
    "goimports": (),
    "iconv": ("-o", "--output"),
    "misspell": (),
    "openssl": ("-out", "-keyout"),
    "sort": ("-o", "--output"),
    "tree": ("-o",),
    "uniq": (),
    "update-alternatives": (),
}
"""Programs that print, but into the files that follow these options."""

_IN_PLACE = {"awk": "inplace", "gofmt": "-w", "goimports": "-w", "misspell": "-w"}
"""With these arguments they change the files that they read."""

_SOURCE_GENERATORS = frozenset(
    "enumer ent go-bindata go-bindata-assetfs goyacc gqlgen mockery mockgen msgp oapi-codegen packr packr2 protoc qtc "
    "ragel statik stringer swag swagger templ wire easyjson esc buf sqlc rice xo".split()
)
"""They write Go files beside the source: what the program is made of is then not all at hand."""

_ADVICE = {
    "make": "call go build directly",
    "sh": "call go build directly",
    "bash": "call go build directly",
    "goreleaser": "call go build directly",
    "bazel": "call go build directly",
    "gb": "call go build directly",
    "mage": "call go build directly",
    "task": "call go build directly",
    "just": "call go build directly",
}
_OTHERWISE = "do it before the build, or in an image of its own"
_ASKS_COMPILER = ("-print-", "--print-", "-dump", "--version")
_WRITES_ANYWHERE = {"find": frozenset({"-delete", "-exec", "-execdir", "-fprint", "-ok"})}


def effects_of(command: Command, at: Circumstances) -> Effects:
    """Say what one program does, given its arguments."""
    for read in (
        go_commands.effects_of,
        file_commands.effects_of,
        package_commands.effects_of,
        download_commands.effects_of,
    ):
        effects = read(command, at)
        if effects is not None:
            return effects
    if (users := user_commands.effects_of(command)) is not None:
        return users
    match command.name:
        case "setcap":
            return _setcap(command, at)
        case "sed" | "perl" | "ruby" | "python" | "python3":
            return _edited(command, at)
        case "find" if _WRITES_ANYWHERE["find"] & set(command.values):
            return unknown("find changes files that are not followed; name them")
        case name if name in _OUTPUT:
            return _printed(command, at)
        case name if name in _HARMLESS or any(value in ("--version", "-version") for value in command.values[:1]):
            return HARMLESS
        case "gcc" | "g++" | "cc" if all((value or "").startswith(_ASKS_COMPILER) for value in command.values):
            return HARMLESS
        case "swag" if _documents(command, at):
            return HARMLESS
        case name if name in _SOURCE_GENERATORS:
            return unknown(f"{name} writes source that is not at hand; commit what it makes")
        case name:
            return unknown(f"what {name} leaves in the image is not followed yet; {_ADVICE.get(name, _OTHERWISE)}")


def name_of(word: str) -> str:
    """Return a command's name; a path of the project's own stays one, whatever its last element is called."""
    folder, _, name = word.rpartition("/")
    return name if folder in SYSTEM_FOLDERS and not word.startswith("/go/") else word


def _documents(command: Command, at: Circumstances) -> bool:
    """
    Say whether `swag init` only writes documents anew that are at hand: a package of one string, which imports swag.

    https://github.com/swaggo/swag
    """
    values = command.values
    options = {one: two for one, two in zip(values, [*values[1:], None], strict=True) if one}
    folder = options.get("-o", options.get("--output", "docs"))
    return values[:1] == ["init"] and folder is not None and at.path(f"{folder}/docs.go") in at.files.entries


def _printed(command: Command, at: Circumstances) -> Effects:
    """A program that only prints, unless its options say into which file."""
    name = command.name
    operands = [one for one in command.arguments if not one.front.startswith("-")]
    if _IN_PLACE.get(name) in command.values or (name == "uniq" and len(operands) > 1):
        return unknown(f"{name} changes files, whose content is then not known; change them in the repository")
    if name == "update-alternatives" and {"--install", "--set"} & {*command.values}:
        return unknown(f"{name} makes links that are not followed; make them by ln")
    found: list[Writes] = []
    options = _OUTPUT[name]
    for one, following in zip(command.arguments, [*command.arguments[1:], None], strict=True):
        if one.value in options:
            if following is None or following.value is None:
                return unknown(f"{name} writes into a file that only a shell knows; write its path")
            if following.value not in ("-", "/dev/stdout", "/dev/null"):
                found.append(Writes(at.path(following.value), None, f"{name} writes it"))
        elif any(one.front.startswith(f"{option}=") for option in options):
            return unknown(f"{name} with {one.shown} is not followed; write the path as a word of its own")
    return tuple(found) or HARMLESS


def _setcap(command: Command, at: Circumstances) -> Effects:
    target = command.arguments[-1] if len(command.arguments) > 1 else None
    if target is None or target.value is None:
        return unknown("setcap of a file that only a shell knows is not followed; write its path")
    return (GivesCapabilities(at.path(target.value)),)


def _edited(command: Command, at: Circumstances) -> Effects:
    """`sed -i` writes files anew whose content nobody knows then; without -i it only prints."""
    if command.name != "sed":
        return unknown(f"what {command.name} leaves in the image is not followed yet; {_OTHERWISE}")
    in_place = any(one.front.startswith(("-i", "--in-place")) for one in command.arguments)
    if not in_place:
        return HARMLESS
    operands: list[Argument] = []
    follows_script = has_script = False
    for one in command.arguments:
        if follows_script:
            follows_script = False
        elif one.front.startswith("-"):
            follows_script = one.value in ("-e", "-f", "--expression", "--file")
            has_script = has_script or one.front.startswith(("-e", "-f", "--expression", "--file"))
        else:
            operands.append(one)
    if not has_script:
        operands = operands[1:]
    for operand in operands:
        path = at.path(operand.value) if operand.value is not None else None
        if path is None:
            return unknown(f"sed changes {operand.raw}, which only a shell knows; name the file")
        if path.startswith(("/etc/apt", "/etc/apk")):
            continue
        return unknown(f"sed changes {operand.shown}, whose content is then not known; change it in the repository")
    return HARMLESS
