import docker


def test_image(path="app"):
    docker.from_env().images.build(fileobj="""
    FROM golang:1.22
    WORKDIR /app
    COPY . .
    RUN go build -o app .
    CMD ["./app"]
    """.strip(), path=path)


test_image()
