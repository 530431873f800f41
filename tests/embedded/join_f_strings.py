from invoke import task

GO_VERSION = "1.22"
PORT = 8080


@task
def image(c):
    dockerfile = "\n".join((
        f"FROM golang:{GO_VERSION}",
        "WORKDIR /app",
        "COPY . .",
        f"LABEL org.opencontainers.image.version={c.version}",
        "RUN go build -o app .",
        f"EXPOSE {PORT}",
        f'CMD ["./app", "-port", "{PORT}"]',
    )) + "\n"
    c.put(dockerfile)
