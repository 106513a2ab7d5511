"""The WSGI entry: ``waitress-serve wsgi:app``."""

from marketplace import create_app

app = create_app()
