"""Writes the Dockerfile of a release."""
import pathlib

TEMPLATE = """\
FROM golang:{go_version}
LABEL version="{version}" maintainer="{{nobody}}"
WORKDIR /app
COPY . .
RUN go build -o app .
EXPOSE {port}
CMD ["./app", "-port", "8080"]
"""


def write(version):
    text = TEMPLATE.format(go_version="1.22", version=version, port=8080)
    pathlib.Path("Dockerfile").write_text(text)


if __name__ == "__main__":
    write("2.0.1")
