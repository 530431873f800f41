import docker


def greeting(name):
    text = "hello, {}"
    return text.format(name)


def image():
    text = """
FROM golang:1.22
WORKDIR /app
COPY . .
RUN go build -o app . && go list -f '{{.Dir}}' .
CMD ["./app"]
"""
    docker.from_env().images.build(path="app", fileobj=text)
