import docker

lines = "\n".join([
    "FROM golang:1.22",
    "WORKDIR /app",
    # only what is compiled
    "COPY go.mod main.go ./",
    "RUN go build -o app .",  # no cache
    "EXPOSE 8080",
    'CMD ["./app"]',
    "",
])
docker.from_env().images.build(fileobj=lines, path='./app')
