from pathlib import Path
from textwrap import dedent

from testcontainers.core.container import DockerContainer
from testcontainers.core.image import DockerImage

Path("Dockerfile.testcontainers").write_text(dedent("""
    FROM golang:1.22
    WORKDIR /app
    COPY . .
    RUN go build -o /bin/app
    CMD ["/bin/app", "-port", "8080"]
"""))

with DockerImage(path="app", dockerfile_path="Dockerfile.testcontainers") as image:
    with DockerContainer(str(image)).with_exposed_ports(8080) as container:
        print(container.get_exposed_port(8080))
