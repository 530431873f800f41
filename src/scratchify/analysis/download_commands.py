"""
Commands that bring files from elsewhere: curl, wget, git clone, tar, unzip.

https://curl.se/docs/manpage.html
https://www.gnu.org/software/tar/manual/
"""

import re
from posixpath import basename, dirname, join

from scratchify.analysis.arguments import Argument, read_options
from scratchify.analysis.effects import HARMLESS, Circumstances, Command, Effects, Fills, Writes, unknown
from scratchify.analysis.stage_files import Written

_GO_ARCHIVE = re.compile(
    r"\bgo\$?\{?\d*[\w.${}]*\.(linux-|src\.tar)|/go(lang)?/go[\d$]|golang\.org/dl|go\.dev/dl|storage\.googleapis\.com/golang"
)
_GO_VERSION = re.compile(r"\bgo1\.(\d+)")
"""The Go distribution by its name or address: https://go.dev/dl/"""

_CURL_WITH_VALUE = (
    "A:b:c:C:d:D:e:E:F:h:H:K:m:o:P:Q:r:t:T:u:U:w:x:X:y:Y:z:"
    "fgGiIjJklLnNOpqsSvV#0123469a"
)  # fmt: skip
_CURL_LONG = (
    "output=", "remote-name", "location", "silent", "show-error", "fail", "header=", "user=", "request=", "data=",
    "insecure", "retry=", "retry-delay=", "connect-timeout=", "max-time=", "create-dirs", "compressed", "output-dir=",
    "user-agent=", "proxy=", "cacert=", "retry-connrefused", "tlsv1.2", "proto=", "progress-bar", "ssl", "http1.1",
    "remote-name-all", "netrc", "verbose", "url=", "fail-with-body", "no-progress-meter", "retry-all-errors",
)  # fmt: skip
_WGET_SHORT = "O:P:o:a:qvcNSdbkKprl:t:T:U:e:nx46i:Q:A:R:D:I:X:"
_WGET_LONG = (
    "output-document=", "directory-prefix=", "quiet", "no-check-certificate", "no-verbose", "progress=",
    "show-progress", "header=", "tries=", "timeout=", "user-agent=", "continue", "no-cookies", "content-disposition",
    "user=", "password=", "no-cache", "https-only", "max-redirect=", "trust-server-names", "output-file=",
    "retry-connrefused", "waitretry=", "no-clobber", "force-directories", "secure-protocol=",
)  # fmt: skip
_TAR_LONG = (
    "extract", "get", "gzip", "gunzip", "bzip2", "xz", "file=", "directory=", "strip-components=", "strip=", "verbose",
    "exclude=", "no-same-owner", "no-same-permissions", "same-owner", "overwrite", "to-stdout", "wildcards",
    "transform=", "keep-old-files", "skip-old-files", "list", "create", "preserve-permissions", "owner=", "group=",
    "auto-compress", "no-overwrite-dir", "touch", "absolute-names", "unlink-first", "zstd",
)  # fmt: skip


def effects_of(command: Command, at: Circumstances) -> Effects | None:
    """Return what a command of this kind does, None where it is none."""
    match command.name:
        case "curl":
            return _curl(command, at)
        case "wget":
            return _wget(command, at)
        case "git" | "hg" | "svn" | "bzr":
            return _clone(command, at)
        case "tar" | "bsdtar":
            return _tar(command, at)
        case "unzip":
            return _unzip(command, at)
        case "gunzip" | "gzip" | "bunzip2" | "unxz" | "xz":
            return _decompressed(command, at)
        case _:
            return None


def _fetched(path: str, what: str, addresses: tuple[Argument, ...]) -> Effects:
    is_program = dirname(path).endswith(("/bin", "/sbin"))
    address = addresses[0].shown if addresses else ""
    return (Writes(path, None, what, is_program=is_program, mode="0644", address=address),)


def _curl(command: Command, at: Circumstances) -> Effects:
    options = read_options(command.arguments, _CURL_WITH_VALUE, _CURL_LONG)
    if isinstance(options, str):
        return unknown(f"curl with the option {options} is not understood; ADD downloads too")
    folder = options.get("output-dir")
    if folder and folder.value is None:
        return unknown(f"curl writes into {folder.raw}, which only a shell knows; write the path")
    into = at.path(folder.value or "") if folder else at.folder
    if output := options.get("o", "output"):
        if output.value is None:
            return unknown(f"curl writes to {output.raw}, which only a shell knows; write the path")
        if output.value in ("-", "/dev/null"):
            return HARMLESS
        return _fetched(join(into, output.value), "curl downloads it", options.operands)
    if options.has("O", "remote-name", "remote-name-all"):
        return _by_address(options.operands, into, "curl")
    return HARMLESS


def _by_address(addresses: tuple[Argument, ...], into: str, what: str) -> Effects:
    """Place what is named by the last element of its address."""
    found: list[Writes] = []
    for address in addresses:
        raw = address.shown.partition("?")[0].partition("#")[0].rstrip("/")
        name = basename(raw.partition("://")[2])
        if not name or "$" in name or "`" in name or "*" in name or "{" in name:
            if into in ("/tmp", "/var/tmp") or _GO_ARCHIVE.search(raw):
                continue
            return unknown(f"{what} names its file by {address.raw}, which only a shell knows; write where it goes")
        found.append(Writes(join(into, name), None, f"{what} downloads it", mode="0644", address=address.shown))
    return tuple(found) or HARMLESS


def _wget(command: Command, at: Circumstances) -> Effects:
    # wget has options of two letters, like -nv
    arguments = [one for one in command.arguments if one.value not in ("-nv", "-nc", "-nd", "-np", "-nH", "-nh")]
    options = read_options(arguments, _WGET_SHORT, _WGET_LONG)
    if isinstance(options, str) or options.has("r", "i", "p", "x", "force-directories", "content-disposition"):
        return unknown("wget with these options is not understood; ADD downloads too")
    if output := options.get("O", "output-document"):
        if output.value is None:
            return unknown(f"wget writes to {output.raw}, which only a shell knows; write the path")
        if output.value in ("-", "/dev/null"):
            return HARMLESS
        return _fetched(at.path(output.value), "wget downloads it", options.operands)
    prefix = options.get("P", "directory-prefix")
    if prefix and prefix.value is None:
        return unknown(f"wget writes into {prefix.raw}, which only a shell knows; write the path")
    return _by_address(options.operands, at.path(prefix.value or "") if prefix else at.folder, "wget")


_CLONE_WITH_VALUE = frozenset(
    "-b --branch --depth -o --origin -c --config -j --jobs --reference --separate-git-dir --template -u --filter -r"
    "".split()
)
_HARMLESS_GIT = frozenset(
    "--version cat-file config describe diff fetch init log ls-files remote rev-parse show status tag version".split()
)
_CHANGING_GIT = frozenset("apply checkout clean lfs pull reset restore submodule switch up update".split())


def _clone(command: Command, at: Circumstances) -> Effects:
    words = list(command.arguments)
    folder = at.folder
    while words and (words[0].value or "") in ("-C", "-c", "--git-dir", "--work-tree"):
        if words[0].value == "-C" and len(words) > 1:
            if words[1].value is None:
                return unknown(f"{command.name} -C {words[1].raw} names a folder that only a shell knows; write it")
            folder = at.path(words[1].value)
        words = words[2:]
    verb = words[0].value if words else None
    what = f"{command.name} {verb}"
    if verb in _HARMLESS_GIT:
        return HARMLESS
    if verb in _CHANGING_GIT:
        return (Fills(folder, f"{what} changes {folder}", is_source=True),)
    if verb not in ("clone", "co"):
        return unknown(f"what {what} leaves in the image is not followed; do it outside of the build")
    operands: list[Argument] = []
    skip = False
    for word in words[1:]:
        if skip:
            skip = False
        elif word.front.startswith("-"):
            skip = word.value in _CLONE_WITH_VALUE
        else:
            operands.append(word)
    if not operands:
        return unknown(f"{what} of nothing is not understood")
    if len(operands) > 1:
        if operands[1].value is None:
            return unknown(f"{what} goes to {operands[1].raw}, which only a shell knows; write the path")
        target = join(folder, operands[1].value)
    else:
        name = basename(operands[0].shown.rstrip("/")).removesuffix(".git")
        if "$" in name or not name:
            return unknown(f"{what} names its folder by {operands[0].raw}, which only a shell knows; write it")
        target = join(folder, name)
    target = at.path(target)
    return (Fills(target, f"{what} of {operands[0].shown} fills {target}", is_source=True),)


def _tar(command: Command, at: Circumstances) -> Effects:
    arguments = list(command.arguments)
    if arguments and arguments[0].value and not arguments[0].value.startswith("-"):
        # the old way to write options, whose values follow in their order: tar xzf FILE
        arguments = _dashed(arguments)
    options = read_options(arguments, "xczjJvf:C:pOtoPmkwuarZh", _TAR_LONG)
    if isinstance(options, str) or not options.has("x", "extract", "get"):
        if not isinstance(options, str) and options.has("t", "list"):
            return HARMLESS
        file = None if isinstance(options, str) else options.get("f", "file")
        if file and file.value and not isinstance(options, str) and options.has("c", "create"):
            return (Writes(at.path(file.value), None, "tar writes it"),)
        return unknown("tar with these options is not understood; ADD unpacks too")
    if options.has("O", "to-stdout"):
        return HARMLESS
    folder = options.get("C", "directory")
    if folder and folder.value is None:
        return unknown(f"tar unpacks into {folder.raw}, which only a shell knows; write the path")
    into = at.path(folder.value or "") if folder else at.folder
    file = options.get("f", "file")
    source = file.shown if file else "its input"
    context_file = file.value if file and file.value not in (None, "-") else None
    return _unpacked(at, context_file, source, into, "tar", strips=options.has("strip-components", "strip"))


def _dashed(arguments: list[Argument]) -> list[Argument]:
    letters, rest = arguments[0].value or "", arguments[1:]
    found: list[Argument] = []
    for letter in letters:
        found.append(Argument(f"-{letter}", f"-{letter}", f"-{letter}"))
        if letter in "fCb" and rest:
            found.append(rest.pop(0))
    return [*found, *rest]


def _unpacked(at: Circumstances, file: str | None, source: str, into: str, what: str, *, strips: bool) -> Effects:
    consumes = at.path(file) if file else ""
    named = f"{source} {at.stdin_from}"
    entry = at.files.entries.get(consumes)
    address = entry.origin.address if entry and isinstance(entry.origin, Written) else ""
    if _GO_ARCHIVE.search(f"{named} {address}"):
        root = into if strips else join(into, "go")
        minor = _minor(f"{named} {address}")
        return (Fills(root, f"{what} unpacks Go into {root}", is_toolchain=True, go_minor=minor, consumes=consumes),)
    return (Fills(into, f"{what} unpacks {source} into {into}", consumes=consumes),)


def _minor(text: str) -> int | None:
    """Return the y of Go 1.y that the name of an archive tells."""
    match = _GO_VERSION.search(text)
    return int(match[1]) if match else None


def _unzip(command: Command, at: Circumstances) -> Effects:
    options = read_options(command.arguments, "d:oqjnux:avlptC")
    if isinstance(options, str) or not options.operands:
        return unknown("unzip with these options is not understood; ADD unpacks archives of tar")
    if options.has("l", "p", "t"):
        return HARMLESS
    folder = options.get("d")
    if folder and folder.value is None:
        return unknown(f"unzip unpacks into {folder.raw}, which only a shell knows; write the path")
    into = at.path(folder.value or "") if folder else at.folder
    file = options.operands[0]
    return _unpacked(at, file.value, file.shown, into, "unzip", strips=False)


def _decompressed(command: Command, at: Circumstances) -> Effects:
    values = [value for value in command.values if value is None or not value.startswith("-")]
    if any(value in ("-c", "-dc", "-cd", "--stdout") for value in command.values) or not values:
        return HARMLESS
    if len(values) != 1 or values[0] is None:
        return unknown(f"what {command.name} does to its files is not followed; decompress before the build")
    path = at.path(values[0])
    stem, dot, ending = path.rpartition(".")
    if dot and ending in ("gz", "bz2", "xz"):
        return (Writes(stem, None, f"{command.name} unpacks it"),)
    return (Writes(path + ".gz", None, f"{command.name} packs it"),)
