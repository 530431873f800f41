from __future__ import annotations

import pendulum
from airflow import DAG
from airflow.operators.python import PythonOperator

with DAG(
    dag_id="images",
    schedule="@daily",
    start_date=pendulum.datetime(2024, 1, 1, tz="UTC"),
    catchup=False,
    tags=["images"],
) as dag:
    build = PythonOperator(
        task_id="build",
        python_callable=lambda dockerfile, **_: dockerfile,
        op_kwargs={
            "context": "app",
            "dockerfile": (
                "FROM golang:1.22\n"
                "WORKDIR /app\n"
                "COPY . .\n"
                'LABEL org.opencontainers.image.title="the app"\n'
                "RUN go build -o app .\n"
                'CMD ["./app"]\n'
            ),
        },
    )
