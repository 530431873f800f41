import nox


@nox.session
def image(session):
    session.run("docker", "build", "-", input='FROM golang:1.22\nWORKDIR /app\nCOPY . .\nRUN go build -o app .\nCMD ["./app"]\n', external=True)
