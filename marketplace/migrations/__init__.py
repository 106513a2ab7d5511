"""Database schema changes (Alembic). Run by ``flask prepare``, which bin/run does.

Imports every module that holds a table, so that the metadata is whole wherever it is compared.
"""

from pathlib import Path

from flask_migrate import Migrate

import marketplace.accounts.models  # noqa: F401
import marketplace.listings.models  # noqa: F401
import marketplace.mail  # noqa: F401
import marketplace.matching.models  # noqa: F401
import marketplace.messages.models  # noqa: F401
import marketplace.notifications.models  # noqa: F401
import marketplace.places.models  # noqa: F401
import marketplace.worker  # noqa: F401

migrate = Migrate(directory=str(Path(__file__).parent), compare_type=True)
