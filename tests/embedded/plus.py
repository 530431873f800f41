import docker

BASE = "golang:1.22"

dockerfile = "FROM " + BASE + "\n" + \
    "WORKDIR /app\nCOPY . .\n" + \
    "RUN go build -o app .\n" + \
    "CMD [\"./app\"]\n"

docker.from_env().images.build(fileobj=dockerfile.encode(), path="app")
