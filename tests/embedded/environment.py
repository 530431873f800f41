import os

import docker

GO_VERSION = os.environ.get("GO_VERSION", "1.22")
dockerfile = f"""
FROM golang:{GO_VERSION}
WORKDIR /app
COPY . .
RUN go build -o app .
CMD ["./app"]
"""
docker.from_env().images.build(path="app", fileobj=dockerfile)
