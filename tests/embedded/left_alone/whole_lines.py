import docker


def build(steps):
    docker.from_env().images.build(path="app", fileobj="""
FROM golang:1.22
WORKDIR /app
COPY . .
{steps}
RUN go build -o app .
CMD ["./app"]
""".format(steps="\n".join(steps)))
