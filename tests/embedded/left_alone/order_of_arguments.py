import docker


def build(revision, port):
    text = """
FROM golang:1.22
LABEL revision={}
WORKDIR /app
COPY . .
RUN go build -ldflags "-X main.port={}" -o app .
CMD ["./app"]
"""
    docker.from_env().images.build(path="app", fileobj=text.format(revision, port))
