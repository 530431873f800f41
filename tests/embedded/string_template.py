import string

import docker

DOCKERFILE = string.Template("""\
FROM golang:1.22
ARG COMMIT
LABEL commit="$${COMMIT}" builder="$builder"
WORKDIR /app
COPY . .
RUN go build -o $$PWD/app .
CMD ["/app/app"]
""")

docker.from_env().images.build(
    dockerfile=DOCKERFILE.substitute(builder="me"),
    path="app",
)
