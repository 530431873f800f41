"""
Decisions to a final stage to edits: the only module that knows how one is laid out and what stages are called.

What is provided comes first, then everything in the order of the original, each copied file where its COPY stood, the
binary last of them. Untouched text is never printed again; a comment moves with the instruction that it stands above.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from posixpath import dirname

from scratchify.bases import Base
from scratchify.decisions import ROOTFS, BuildStep, Carry, Check, Collect, Command, Decision, Fetch, Provide, Rewrite
from scratchify.edits import Edit, apply_edits
from scratchify.model import Build, Stage, User, Workdir, container_command, states
from scratchify.model.state import ROOT_USERS, initial_state
from scratchify.source import Span
from scratchify.syntax import Blank, Comment, Instruction
from scratchify.syntax.words import plain_words


@dataclass(frozen=True, slots=True)
class FinalFile:
    """A file or folder of the final stage: absolute paths in the build stage and in the image."""

    source: str
    target: str
    rule: str


@dataclass(frozen=True, slots=True)
class FinalStage:
    """The image that a result makes, for reports; paths are absolute."""

    base: str
    binary: str
    entrypoint: tuple[str, ...] | None
    cmd: tuple[str, ...] | None
    workdir: str
    user: str | None
    env: Mapping[str, str]
    files: tuple[FinalFile, ...]


def plan(build: Build, decisions: Sequence[Decision], base: Base) -> tuple[Edit, ...]:
    """Return the edits that make the decisions true."""
    return tuple(_Layout(build, decisions, base).edits())


def final_stage_of(after: Build, decisions: Iterable[Decision], base: Base) -> FinalStage:
    """Return what the last stage of a result says, for reports."""
    stage = after.stages[-1]
    command = container_command(after, stage)
    end = [*states(after, stage)][-1]
    files: list[FinalFile] = []
    binary = ""
    for decision in decisions:
        match decision:
            case Fetch(rule=rule, source=source, target=target):
                files.append(FinalFile(source, target, rule))
            case Collect(rule=rule, creates=paths):
                files += [FinalFile(ROOTFS + path, path, rule) for path in paths]
            case Command(binary=path):
                binary = path
            case _:
                pass
    return FinalStage(
        base=base.image,
        binary=binary,
        entrypoint=command.entrypoint.words if command.entrypoint else None,
        cmd=command.cmd.words if command.cmd else None,
        workdir=end.workdir,
        user=end.user or None,
        env={name: value for name, value in end.env.items() if name not in end.inherited},
        files=tuple(files),
    )


@dataclass(frozen=True, slots=True)
class _Item:
    """Lines of the final stage; `order` sorts them."""

    order: tuple[int, int]
    text: str


class _Layout:
    """One build's text, its habits, and where things go."""

    def __init__(self, build: Build, decisions: Sequence[Decision], base: Base) -> None:
        self.build = build
        self.text = build.text
        self.decisions = decisions
        self.base = base
        self.stage: Stage = build.stages[-1]
        self.newline = "\r\n" if self.text.count("\r\n") * 2 > self.text.count("\n") else "\n"
        self.is_lower = self.stage.start.syntax.keyword.islower()
        self.name = "builder" if self.stage.name == "build" else "build"
        self.rewrites = [decision.edit for decision in decisions if isinstance(decision, Rewrite)]
        self.moved = dict(self._moved())
        self.by_start = {instruction.span.start: instruction for instruction in build.document.instructions}

    # ---- the file's habits

    def said(self, instruction: str) -> str:
        """Return an instruction with the keyword in the file's case and the file's line end."""
        keyword, _, rest = instruction.partition(" ")
        return f"{self.cased(keyword)} {rest}{self.newline}"

    def cased(self, keyword: str) -> str:
        return keyword.lower() if self.is_lower else keyword

    # ---- the edits

    def edits(self) -> Iterator[Edit]:
        yield self._stage_name()
        provided = [d for d in self.decisions if isinstance(d, Provide) and d.in_build_stage]
        yield from self._behind_from("".join(self.said(decision.instruction) for decision in provided))
        for start in self.moved:
            yield Edit(Span(self._lead(start), self.by_start[start].span.end), "")
        inside = [self.by_start[start].span for start in self.moved]
        yield from (edit for edit in self.rewrites if not any(span.contains(edit.span) for span in inside))
        yield self._final_stage()

    def _behind_from(self, lines: str) -> Iterator[Edit]:
        """Put lines behind FROM, which may be the last line and lack an end."""
        behind = self.stage.start.syntax.span.end
        if lines and self.text[:behind].endswith("\n"):
            yield Edit(Span(behind, behind), lines)
        elif lines:
            yield Edit(Span(behind, behind), self.newline + lines.removesuffix(self.newline))

    def _moved(self) -> Iterator[tuple[int, Span]]:
        """Yield the instructions that leave the build stage, by their start."""
        for decision in self.decisions:
            match decision:
                case Carry(span=span, keep=False):
                    yield span.start, span
                case Provide(replaces=Span() as span):
                    yield span.start, span
                case Command(replaces=spans):
                    yield from ((span.start, span) for span in spans)
                case _:
                    pass

    def _stage_name(self) -> Edit:
        words = plain_words(self.stage.start.syntax)
        if len(words) == 3:
            return Edit(words[2].span, self.name)
        end = words[-1].span.end
        return Edit(Span(end, end), f" {self.cased('AS')} {self.name}")

    def _final_stage(self) -> Edit:
        end = [*self.build.document.instructions][-1].span.end
        ends_bare = end == len(self.text) and not self.text.endswith("\n")
        is_last_moved = any(span.end == end for span in self.moved.values())
        before = self.newline if ends_bare and not is_last_moved else ""
        lines = before + self._collecting() + self.newline + self._from() + "".join(self._body())
        if ends_bare:
            lines = lines.removesuffix(self.newline)
        return Edit(Span(end, end), lines)

    def _from(self) -> str:
        # a name is said again as it was, `as` included
        name = "".join(f" {word.text}" for word in plain_words(self.stage.start.syntax)[1:])
        platform = self.stage.start.platform
        flag = f"--platform={platform} " if platform and "BUILD" not in platform else ""
        return self.said(f"FROM {flag}{self.base.image}{name}")

    def _collecting(self) -> str:
        steps = [
            self._in_folder(one.folder) + self.said(f"RUN {one.shell}")
            for one in self.decisions
            if isinstance(one, BuildStep)
        ]
        steps += [self.said(f"RUN {one.shell}") for one in self.decisions if isinstance(one, Check)]
        shells = [decision.shell for decision in self.decisions if isinstance(decision, Collect)]
        if not shells and not steps:
            return ""
        joint = f" {self.build.document.escape}{self.newline} && "
        collecting = "".join(steps) + (self.said(f"RUN {joint.join(dict.fromkeys(shells))}") if shells else "")
        user = self._build_user()
        if user in ROOT_USERS:
            return collecting
        # who builds this stage alone gets the user that it had
        return self.said("USER root") + collecting + self.said(f"USER {user}")

    def _in_folder(self, folder: str) -> str:
        """Return what brings the build stage into a folder; nothing where it is there."""
        at = initial_state(self.build, self.stage).workdir
        for instruction, state in zip(self.stage.instructions, states(self.build, self.stage), strict=False):
            if isinstance(instruction, Workdir) and instruction.syntax.span.start not in self.moved:
                at = state.path(state.expand(instruction.path).text)
        return "" if at == folder else self.said(f"WORKDIR {folder}")

    def _build_user(self) -> str:
        user = initial_state(self.build, self.stage).user
        for instruction in self.stage.of(User):
            if instruction.syntax.span.start not in self.moved:
                user = instruction.user
        return user

    def _body(self) -> Iterator[str]:
        items = [*self._fetched(), *self._spoken()]
        if any(isinstance(decision, Collect) for decision in self.decisions):
            items.append(_Item((-2, 0), self.said(f"COPY --from={self.name} {ROOTFS}/ /")))
        yield from (item.text for item in sorted(items, key=lambda item: item.order))

    # ---- files

    def _fetched(self) -> Iterator[_Item]:
        binary = next((decision.binary for decision in self.decisions if isinstance(decision, Command)), None)
        fetches = [decision for decision in self.decisions if isinstance(decision, Fetch)]
        for key, group in groupby(fetches, key=lambda fetch: _together(fetch, binary)):
            found = list(group)
            at = -2 if found[0].at is None else found[0].at
            flags = f"--from={self.name}" + (f" --chown={found[0].owner}" if found[0].owner else "")
            paths = [self._source(fetch.source) for fetch in found]
            target = found[0].target if len(found) == 1 else dirname(found[0].target).rstrip("/") + "/"
            yield _Item((at, 1 + (key[0] == "binary")), self.said(f"COPY {flags} {_paths([*paths, target])}"))

    def _source(self, path: str) -> str:
        """COPY sources are patterns, and are expanded."""
        for character in "[*?":
            path = path.replace(character, f"[{character}]") if character != "[" else path.replace("[", "[[]")
        return path.replace("$", self.build.document.escape + "$")

    # ---- instructions

    def _spoken(self) -> Iterator[_Item]:
        for decision in self.decisions:
            match decision:
                case Carry(span=span, keep=keep):
                    lead = "" if keep else self.text[self._lead(span.start) : span.start]
                    yield _Item((span.start, 0), lead + self._verbatim(span))
                case Provide(in_build_stage=False):
                    at = -1 if decision.at is None else decision.at
                    lead = self._comments((decision.replaces,)) if decision.replaces else ""
                    yield _Item((at, 0), lead + self.said(decision.instruction))
                case Command(said_anew=said_anew) if said_anew or decision.replaces:
                    words = {"ENTRYPOINT": decision.entrypoint or (), "CMD": decision.cmd or ()}
                    lines = (
                        self.said(f"{keyword} {json.dumps(words[keyword], ensure_ascii=False)}")
                        for keyword in said_anew
                    )
                    at = min((span.start for span in decision.replaces), default=len(self.text))
                    yield _Item((at, 0), self._comments(decision.replaces) + "".join(lines))
                case _:
                    pass

    def _verbatim(self, span: Span) -> str:
        """Return an instruction as it is written, with the rewrites inside it."""
        inside = [edit for edit in self.rewrites if span.contains(edit.span)]
        shifted = (Edit(Span(edit.span.start - span.start, edit.span.end - span.start), edit.text) for edit in inside)
        text = apply_edits(span.of(self.text), shifted)
        return text if text.endswith("\n") else text + self.newline

    def _comments(self, spans: Iterable[Span]) -> str:
        """Return what stands above and inside instructions that are said anew: no comment is lost."""
        lines: list[str] = []
        for span in spans:
            lines.append(self.text[self._lead(span.start) : span.start])
            lines += [comment.of(self.text) for comment in self.by_start[span.start].comments]
        return "".join(lines)

    def _lead(self, start: int) -> int:
        """
        Return where the comments and blank lines begin that move with an instruction.

        These are the comments that it stands below; behind the last step of the build stage, everything down to the
        instruction before it. Blank lines stay where something follows that stays.
        """
        nodes = self.build.document.nodes
        index = next(i for i, node in enumerate(nodes) if node.span.start == start)
        first = index
        while (
            first
            and not isinstance(nodes[first - 1], Instruction)
            and nodes[first - 1].span.start >= self._body_start()
        ):
            first -= 1
        if any(isinstance(node, Instruction) and node.span.start not in self.moved for node in nodes[index + 1 :]):
            first = self._own_comments(first, index)
        return nodes[first].span.start

    def _own_comments(self, first: int, index: int) -> int:
        nodes = self.build.document.nodes
        at = index
        while at > first and isinstance(nodes[at - 1], Blank):
            at -= 1
        comments = at
        while comments > first and not isinstance(nodes[comments - 1], Blank):
            comments -= 1
        if comments == at:
            comments = index
        following = index + 1
        while following < len(nodes) and (
            nodes[following].span.start in self.moved or isinstance(nodes[following], Comment)
        ):
            following += 1
        if following < len(nodes) and isinstance(nodes[following], Blank):
            while comments > first and isinstance(nodes[comments - 1], Blank):
                comments -= 1
        return comments

    def _body_start(self) -> int:
        return self.stage.start.syntax.span.end


def _together(fetch: Fetch, binary: str | None) -> tuple[object, ...]:
    """Files of one folder that came with one COPY, and that one rule wants, are one line."""
    if fetch.source == binary:
        return ("binary",)
    if fetch.is_folder or fetch.at is None or dirname(fetch.source) != dirname(fetch.target):
        return ("alone", fetch.source)
    return ("files", fetch.rule, fetch.at, dirname(fetch.source), fetch.owner)


def _paths(paths: Sequence[str]) -> str:
    """Paths with white space need the exec form's array."""
    if any(character.isspace() for path in paths for character in path) or any('"' in path for path in paths):
        return json.dumps(paths, ensure_ascii=False)
    return " ".join(paths)
