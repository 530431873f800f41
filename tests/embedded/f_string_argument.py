import modal


def dockerfile(go="1.22", labels={}):
    return f"""
FROM golang:{go}
LABEL team={labels['team']!s:>{4}} made="{{by hand}}"
WORKDIR /app
COPY . .
RUN go build -o app .
CMD ["./app"]
"""


modal.Image.from_dockerfile(dockerfile(labels={"team": "core"}), context="app")
