import inspect

from django.core.management.base import BaseCommand, call


class Command(BaseCommand):
    help = "Builds the image."

    def handle(self, *args, **options):
        call(inspect.cleandoc(
            r"""
            FROM golang:1.22
            WORKDIR /app
            COPY . .
            RUN go build \
                -o app .
            CMD ["./app"]
            """
        ), context="app")


Command(1).handle()
