"""The service, asked as a client asks it."""

import pytest
from fastapi.testclient import TestClient

from app.main import app

client = TestClient(app)


def test_it_serves() -> None:
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json() == {"status": "serving"}


def test_a_quote_adds_the_lines_and_the_tax() -> None:
    order = {"lines": [{"price": "19.90", "quantity": 2}, {"price": "0.33", "quantity": 1}]}
    answer = client.post("/quotes", json=order)
    assert answer.json() == {"net": "40.13", "total": "48.16"}


@pytest.mark.parametrize("line", [{"price": "0", "quantity": 1}, {"price": "1", "quantity": 0}, {"price": "1.001", "quantity": 1}])
def test_what_cannot_be_priced_is_refused(line: dict[str, object]) -> None:
    assert client.post("/quotes", json={"lines": [line]}).status_code == 422
