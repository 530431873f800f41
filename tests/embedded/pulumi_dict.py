import textwrap

import pulumi_docker_build as docker_build


def build(name):
    return docker_build.Image(
        name,
        {
            "context": {"location": "worker"},
            "dockerfile": {
                "inline": textwrap.dedent(
                    """\
                    FROM golang:1.22-alpine
                    WORKDIR /src
                    COPY go.mod .
                    COPY *.go ./
                    # one binary, and nothing else
                    RUN go build \\
                        -trimpath \\
                        -o /worker .
                    ENTRYPOINT ["/worker"]
                    CMD ["-port", "9000"]
                    """
                ),
            },
        },
    )


build("worker")
