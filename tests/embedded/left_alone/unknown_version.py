import sys

import docker

go_version = sys.argv[1]
docker.from_env().images.build(path="app", fileobj=f"""
FROM golang:{go_version}
WORKDIR /app
COPY . .
RUN go build -o app .
CMD ["./app"]
""")
