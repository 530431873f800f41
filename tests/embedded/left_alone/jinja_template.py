from templates import render

DOCKERFILE = """
FROM golang:1.22
WORKDIR {{ workdir }}
COPY . .
RUN go build -o app .
CMD ["./app"]
"""
render(DOCKERFILE)
