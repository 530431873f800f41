"""
Which variables the running program may read, and which only the build does.

https://pkg.go.dev/cmd/go#hdr-Environment_variables
"""

from scratchify.analysis.go_program import GoProgram

RUN_TIME = frozenset({"GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GOTRACEBACK"})
"""Read by every Go program's runtime: https://pkg.go.dev/runtime#hdr-Environment_Variables"""

_BUILD_ONLY = frozenset(
    "AR CC CXX DEBIAN_FRONTEND FC GCCGO GIT_TERMINAL_PROMPT GO111MODULE GO386 GOAMD64 GOARCH GOARM GOARM64 GOAUTH "
    "GOBIN GOCACHE GOCACHEPROG GOENV GOEXE GOEXPERIMENT GOFIPS140 GOFLAGS GOINSECURE GOLANG_DOWNLOAD_URL "
    "GOLANG_VERSION GOMODCACHE GONOPROXY GONOSUMCHECK GONOSUMDB GOOS GOPATH GOPRIVATE GOPROXY GOROOT GOSUMDB GOTMPDIR "
    "GOTOOLCHAIN GOVCS GOWORK PATH PKG_CONFIG PKG_CONFIG_PATH".split()
)


def is_build_only(name: str, program: GoProgram | None) -> bool:
    """Say whether only the build reads a variable; a program that names it reads it too."""
    if name in RUN_TIME or not (name in _BUILD_ONLY or name.startswith("CGO_")):
        return False
    return program is None or program.mentions(name, in_part=name != "PATH") is None
