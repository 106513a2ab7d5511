"""Database schema changes (Alembic). Run by ``flask prepare``, which bin/run does.

Imports every module that holds a table, so that the metadata is whole wherever it is compared.
"""

from pathlib import Path

from flask_migrate import Migrate

import marketplace.accounts.models
import marketplace.listings.models
import marketplace.mail
import marketplace.matching.models
import marketplace.messages.models
import marketplace.notifications.models
import marketplace.places.models
import marketplace.worker  # noqa: F401

migrate = Migrate(directory=str(Path(__file__).parent), compare_type=True)
