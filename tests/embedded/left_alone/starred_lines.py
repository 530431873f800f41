import docker

extra = ["RUN apt-get update"]
docker.from_env().images.build(path="app", fileobj="\n".join([
    "FROM golang:1.22",
    *extra,
    "WORKDIR /app",
    "COPY . .",
    "RUN go build -o app .",
    'CMD ["./app"]',
]))
