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

BUILD_SECRETS = frozenset(
    "BITBUCKET_TOKEN CI_JOB_TOKEN GH_ACCESS_TOKEN GH_PAT GH_TOKEN GITHUB_ACCESS_TOKEN GITHUB_PAT GITHUB_TOKEN "
    "GITLAB_ACCESS_TOKEN GITLAB_TOKEN GIT_ACCESS_TOKEN GIT_CREDENTIALS GIT_PASSWORD GIT_TOKEN NPM_TOKEN "
    "SSH_PRIVATE_KEY".split()
)
"""By which builds fetch private modules: https://go.dev/doc/faq#git_https"""


def is_build_only(name: str, program: GoProgram | None) -> bool:
    """Say whether only the build reads a variable; a program that names it reads it too."""
    if name in RUN_TIME or not (name in _BUILD_ONLY | BUILD_SECRETS or name.startswith("CGO_")):
        return False
    return program is None or program.mentions(name, in_part=name != "PATH") is None
