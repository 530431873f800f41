{% if go %}
DOCKERFILE = """
FROM golang:{{ version }}
RUN go build -o app .
CMD ["./app"]
"""
{% endif %}
