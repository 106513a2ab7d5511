"""Database schema changes (Alembic). Run by ``flask db upgrade``; bin/run does it."""

from pathlib import Path

from flask_migrate import Migrate

migrate = Migrate(directory=str(Path(__file__).parent), compare_type=True)
