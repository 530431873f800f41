import subprocess
import sys

GO = "1.22"


def main():
    text = 'FROM golang:%s\nWORKDIR /app\nCOPY . .\nRUN go build -o app .\nLABEL load="%d%%"\nCMD ["./app"]\n' % (GO, 80)
    subprocess.run(["docker", "build", "--file", "-", "app"], input=text, text=True, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
