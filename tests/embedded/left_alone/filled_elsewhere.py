DOCKERFILE = """
FROM golang:1.22
LABEL revision={revision}
WORKDIR /app
COPY . .
RUN go build -o app .
CMD ["./app"]
"""
