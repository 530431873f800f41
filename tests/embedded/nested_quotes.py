import docker

docker.from_env().images.build(path="app", fileobj='''FROM golang:1.22
LABEL a="it's" b=""
WORKDIR /app
COPY . .
RUN sh -c 'true' && go build -o app .
CMD ["./app"]''' '\n')
