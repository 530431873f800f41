from io import BytesIO
import docker

DOCKERFILE = '''
FROM golang:1.22

WORKDIR /app
COPY . /app
RUN CGO_ENABLED=0 go build -o server . \\
    && echo "built"
EXPOSE 8080/tcp
CMD ["/app/server"]
'''

cli = docker.APIClient(base_url='unix://var/run/docker.sock')
response = [line for line in cli.build(
    fileobj=BytesIO(DOCKERFILE.encode('utf-8')), rm=True, tag='yourname/server'
)]
