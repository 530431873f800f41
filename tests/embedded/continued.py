import dagger

DOCKERFILE = "FROM golang:1.22\n\
WORKDIR /app\n\
COPY . .\n\
RUN go build -o app .\n\
EXPOSE 8080\n\
CMD [\"./app\"]\n"

directory = dagger.directory().with_new_file("Dockerfile", contents=DOCKERFILE)
