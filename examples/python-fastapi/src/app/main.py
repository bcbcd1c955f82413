"""A small HTTP service: what does an order cost?"""

from decimal import Decimal

from fastapi import FastAPI
from pydantic import BaseModel, Field

app = FastAPI(title="Quotes")


class Line(BaseModel):
    """So many of one thing."""

    price: Decimal = Field(gt=0, decimal_places=2)
    quantity: int = Field(gt=0, le=1000)


class Order(BaseModel):
    """What somebody would like to buy."""

    lines: list[Line] = Field(min_length=1)


class Quote(BaseModel):
    """What it costs, value-added tax included."""

    net: Decimal
    total: Decimal


VAT = Decimal("0.20")


@app.get("/health")
def health() -> dict[str, str]:
    """Whether this process serves; asks nobody else."""
    return {"status": "serving"}


@app.post("/quotes")
def quote(order: Order) -> Quote:
    """The sum of the lines, and the sum with tax, to the cent."""
    net = sum((line.price * line.quantity for line in order.lines), Decimal(0))
    return Quote(net=net, total=(net * (1 + VAT)).quantize(Decimal("0.01")))
