import prefect


class Image:
    TEMPLATE = '''
        FROM golang:1.22
        WORKDIR /app
        COPY . .
        RUN go build -ldflags "-X main.version=%s" -o app .
        CMD ["./app"]
    '''

    def __init__(self, version: str) -> None:
        self.version = version

    def text(self) -> str:
        return self.TEMPLATE % self.version


prefect.deploy(Image("1.0").text())
