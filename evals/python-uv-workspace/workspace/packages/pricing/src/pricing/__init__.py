"""What things cost."""


def price(number: int) -> str:
    """The price of so many things."""
    return f"{number * 19.90:.2f} EUR"
