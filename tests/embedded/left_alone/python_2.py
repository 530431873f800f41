import docker

print "building on golang"
docker.build("""
FROM golang:1.22
RUN go build
""")
