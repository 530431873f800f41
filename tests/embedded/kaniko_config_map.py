from kubernetes import client, config

config.load_kube_config()
client.CoreV1Api().create_namespaced_config_map("ci", {
    "metadata": {"name": "dockerfile"},
    "data": {
        "Dockerfile": """FROM golang:1.22
WORKDIR /workspace
COPY . .
RUN go build -o /workspace/app .

EXPOSE 8080
CMD ["/workspace/app"]""",
    },
})
