import docker

BINARY = "app"
docker.from_env().images.build(path="app", fileobj=f"""
FROM golang:1.22
WORKDIR /app
COPY . .
RUN go build -o {BINARY} .
CMD ./{BINARY}
""")
