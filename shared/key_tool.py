"""`keys list|rotate|retire`: a new key for sealed fields, everything sealed anew, old keys taken out of use."""

import sys
from typing import Any

from shared.crypto import field_keys_path
from shared.db import Database
from shared.key_rotation import KeysStay, list_keys, retire, rotate
from shared.service import Service
from shared.settings import ServiceSettings


async def run_key_tool(action: str, service: Service[Any], settings: ServiceSettings) -> None:
    """Do one action on the key ring and the columns sealed with it. Exits with 1, and says why, when it may not."""
    database = Database(settings.database_url)
    path = field_keys_path(settings.keys_dir, service.package)
    try:
        if action == "list":
            await list_keys(database, service.migrations.metadatas, path, sys.stdout)
        elif action == "rotate":
            await rotate(database, service.migrations.metadatas, path, sys.stdout)
        else:
            await retire(database, service.migrations.metadatas, path, sys.stdout)
    except KeysStay as refusal:
        sys.exit(f"{refusal}")
    finally:
        await database.close()
