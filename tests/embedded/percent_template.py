import fabric

PORT = 8080
dockerfile = """
FROM golang:1.22
WORKDIR /app
COPY . .
RUN go build -ldflags "-X main.load=100%%" -o app .
ENV LISTEN=%(port)d
EXPOSE %(port)d
CMD ["/app/app"]
""" % {"port": PORT}

fabric.Connection("builder").run("docker build -", in_stream=dockerfile)
