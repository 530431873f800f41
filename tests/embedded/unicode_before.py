# Ein Bild für alle Fälle – ☕
import docker

GRÜSSE = "schöne Grüße"
docker.from_env().images.build(path="app", labels={"größe": "klein"}, fileobj=u"""\
FROM golang:1.22
LABEL von="Jürgen \U0001F600" tab="a\tb"
WORKDIR /app
COPY . .
RUN go build -o app .
CMD ["./app"]
""")
