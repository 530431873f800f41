import docker

# a raw string in single quotes has no way to say a line end
docker.from_env().images.build(path="app", fileobj="\n".join([
    r'FROM golang:1.22',
    r'LABEL quote="it is"',
    r'WORKDIR /app',
    r'COPY . .',
    r'RUN go build -o app .',
    r'''SHELL ["/bin/sh", "-c"]
CMD ["./app"]''',
]))
