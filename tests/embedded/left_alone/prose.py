"""
This module builds images of Go programs.

FROM golang:1.22 begins each of them, and RUN go build makes the binary.
"""

QUERY = "SELECT name FROM golang WHERE name = 'go build'"
PARTS = ["FROM golang:1.22", "RUN go build"]
NODE = """
FROM node:22
# no golang here, and no go build
RUN npm ci
CMD ["node", "."]
"""
