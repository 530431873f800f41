"""An image of a Pulumi program, whose Dockerfile stands in the call."""

import pulumi
import pulumi_docker_build as docker_build

image = docker_build.Image(
    "api",
    tags=["registry.example.com/api:latest"],
    context=docker_build.BuildContextArgs(location="./app"),
    dockerfile=docker_build.DockerfileArgs(
        inline="""
FROM golang:1.22
WORKDIR /src
COPY . .
RUN go build -o /usr/local/bin/api .
EXPOSE 8080
CMD ["/usr/local/bin/api"]
"""
    ),
    push=True,
)

pulumi.export("ref", image.ref)
