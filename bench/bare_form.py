"""The reference for answering a survey: a bare FastAPI form, and a route that stores what it is sent in one insert.

Run as `python -m bench.bare_form`, with DATABASE_URL and PORT.
"""

from uuid import uuid4

import orjson
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from bench.bare import bare_app, serve

_TABLE = "CREATE TABLE bare_responses (response_id uuid PRIMARY KEY, code text NOT NULL, answers text NOT NULL)"
_INSERT = "INSERT INTO bare_responses VALUES ($1, $2, $3)"
_ITEM = (
    "<fieldset><legend>I feel safe in the hallways of this school, number {item}.</legend>{points}</fieldset>".format
)
_POINT = '<label><input type="radio" name="q{item}" value="{point}"> {point}</label>'.format
_FORM = (
    '<!doctype html><html lang="en"><title>A survey</title><form method="post">'
    + "".join(_ITEM(item=item, points="".join(_POINT(item=item, point=p) for p in range(1, 5))) for item in range(30))
    + "</form></html>"
)


class Answers(BaseModel):
    """What is posted."""

    code: str
    answers: dict[str, int | None]


class Received(BaseModel):
    """What is answered."""

    received: bool


app = bare_app(_TABLE)


@app.get("/s/{code}", response_class=HTMLResponse)
async def show_form(code: str) -> str:
    """The same form for every code."""
    return _FORM


@app.post("/v1/responses", status_code=201)
async def keep_answers(sent: Answers) -> Received:
    """Store them."""
    async with app.state.pool.acquire() as connection:
        await connection.execute(_INSERT, uuid4(), sent.code, orjson.dumps(sent.answers).decode())
    return Received(received=True)


if __name__ == "__main__":
    serve(app)
