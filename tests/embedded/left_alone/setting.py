import os

import docker

docker.from_env().images.build(path="app", fileobj=f"""
FROM golang:1.22
WORKDIR /app
COPY . .
RUN go build -o app .
ENV CONFIG={os.environ["CONFIG"]}
CMD ["./app"]
""")
