import docker

docker.from_env().images.build(path="app", fileobj="""
FROM golang:1.22
WORKDIR /app
COPY . .
RUN ./configure-and-go-build.sh
CMD ["./app"]
""")
