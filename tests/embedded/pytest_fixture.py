import io

import pytest


@pytest.fixture(scope="session")
def app_image(docker_client, tmp_path_factory):
    """An image that is built once for all tests."""
    dockerfile = io.BytesIO(
        b"FROM golang:1.22\n"
        b"WORKDIR /app\n"
        b"COPY . .\n"
        b"RUN go build -o /app/app .  # cached\n"
        b"EXPOSE 8080\n"
        b'CMD ["/app/app"]'
    )
    image, _ = docker_client.images.build(fileobj=dockerfile, path="app")
    yield image
    docker_client.images.remove(image.id)
