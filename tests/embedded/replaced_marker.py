import os

import docker

dockerfile = """
FROM golang:1.22
LABEL revision=@REVISION@
WORKDIR /app
COPY . .
RUN go build -o app .
ENTRYPOINT ["/app/app"]
""".replace("@REVISION@", os.environ.get("REVISION", "unknown"))

docker.from_env().images.build(fileobj=dockerfile, path="app")
