import docker

docker.from_env().images.build(path="https://github.com/example/app.git", fileobj="""
FROM golang:1.22
WORKDIR /app
COPY . .
RUN go build -o app .
CMD ["./app"]
""")
