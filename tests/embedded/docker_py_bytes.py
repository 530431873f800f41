#!/usr/bin/env python3
# -*- coding: utf-8 -*-
import io

import docker

client = docker.from_env()


def build_image(tag='app:dev'):
    image, logs = client.images.build(
        fileobj=io.BytesIO(b"""FROM golang:1.22
# caf\xc3\xa9
WORKDIR /go/src/app
COPY . .
RUN go build -o app .
CMD ["./app"]
"""), tag=tag, path="app", rm=True)
    for line in logs:
        print(line)   # noqa
    return image


if __name__ == '__main__':
    build_image()
