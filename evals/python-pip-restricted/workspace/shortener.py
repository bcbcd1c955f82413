"""Shortens links: POST /links with a URL, GET /links/NUMBER."""

from bottle import Bottle, abort, redirect, request
from waitress import serve

app = Bottle()
links: list[str] = []


@app.get("/health")
def health() -> str:
    return "shortener is up"


@app.post("/links")
def add() -> str:
    links.append(request.forms.url)
    return str(len(links) - 1)


@app.get("/links/<number:int>")
def follow(number: int) -> None:
    if number >= len(links):
        abort(404)
    redirect(links[number])


if __name__ == "__main__":
    serve(app, host="0.0.0.0", port=8000)
