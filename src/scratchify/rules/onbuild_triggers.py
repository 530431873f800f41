"""
Write out the steps that an onbuild image runs by itself.

They run at FROM, before any instruction could set CGO_ENABLED=0, and hide what the build does. The images of
`golang:onbuild` went out of support in 2018; the image that each began from holds the same go-wrapper.

https://github.com/docker-library/golang/blob/7579f7e9257f5615c57f91edc786285fd8ef88ae/1.4/onbuild/Dockerfile
"""

from collections.abc import Iterator

from scratchify.analysis.facts import Facts
from scratchify.analysis.triggers import plain_image
from scratchify.decisions import Decision, Example, Finding, Provide, Refuse, Rewrite, Rule
from scratchify.edits import Edit
from scratchify.model import Build
from scratchify.syntax.words import plain_words

NAME = "onbuild-triggers"


def decide(build: Build, facts: Facts) -> Iterator[Decision]:
    if not facts.base or not facts.base.onbuild:
        return
    start = facts.stage.start
    line = start.syntax.first_line
    steps = "; ".join(facts.base.onbuild)
    plain = plain_image(start.image) if start.image == facts.image else None
    if plain is None:
        why = f"{start.image} runs steps of its own: {steps}; write them out on a plain golang image"
        yield Refuse(NAME, Finding(None, line, why))
        return
    kept = {built.build for _, built in facts.other_programs} | ({facts.main.build} if facts.main else set())
    if facts.tests or len(facts.builds) > len(kept):
        why = f"{start.image} runs steps of its own, and tests or tools that may need cgo come after; write them out"
        yield Refuse(NAME, Finding(None, line, why))
        return
    because = Finding(None, line, f"{start.image} runs steps of its own: {steps}")
    yield Rewrite(NAME, because, Edit(plain_words(start.syntax)[0].span, plain))
    for step in (f"WORKDIR {facts.base.workdir}", *facts.base.onbuild):
        yield Provide(NAME, because, step, in_build_stage=True)


RULE = Rule(
    name=NAME,
    summary="write out the steps that an onbuild image runs by itself",
    decide=decide,
    example=Example(
        files={"main.go": "package main\n\nfunc main() {}\n"},
        before="""\
FROM golang:1.8-onbuild
EXPOSE 8080
CMD ["app"]
""",
        after="""\
FROM golang:1.8 AS build
ENV CGO_ENABLED=0
WORKDIR /go/src/app
COPY . /go/src/app
RUN go-wrapper download
RUN go-wrapper install
RUN mkdir -p /rootfs/tmp && chmod a=rwx,+t /rootfs/tmp \\
 && mkdir -p /rootfs/etc && echo 'hosts: files dns' > /rootfs/etc/nsswitch.conf

FROM scratch
COPY --from=build /rootfs/ /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
WORKDIR /go/src/app
COPY --from=build /go/bin/app /go/bin/app
EXPOSE 8080
ENTRYPOINT ["/go/bin/app"]
""",
    ),
)
