"""What reference routes are served with: server, driver and pool as our services have them, and nothing else."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import uvicorn
from fastapi import FastAPI

POOL_SIZE = 32


def bare_app(tables: str) -> FastAPI:
    """An application with a pool in its state, once these tables are made in the database of DATABASE_URL."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=POOL_SIZE, max_size=POOL_SIZE) as pool:
            await pool.execute(tables)
            app.state.pool = pool
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/readyz")
    async def ready() -> str:
        """The tables are there."""
        return "ready"

    return app


def serve(app: FastAPI) -> None:
    """Serve it at PORT until told to stop."""
    uvicorn.run(
        app,
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
    )
