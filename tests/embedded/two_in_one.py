import docker

FIRST = """
FROM golang:1.22
WORKDIR /app
COPY . .
RUN go build -o app .
CMD ["./app"]
"""
SECOND = (
    'FROM golang:1.22-alpine\n'
    'WORKDIR /srv\n'
    'COPY . .\n'
    'RUN go build -o worker .\n'
    'CMD ["./worker"]\n'
)

client = docker.from_env()
client.images.build(fileobj=FIRST.encode(), path="app")
client.images.build(fileobj=SECOND.encode(), path="worker")
