"""What the builders accept, and what they say otherwise."""

__all__ = ["check_choice", "check_classes"]


def check_choice(builder: str, name: str, value, choices) -> None:
    """Raise a ValueError that lists the choices unless ``value`` is one of them."""
    if value not in choices:
        known = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{builder}: {name} must be one of {known}, but is {value!r}")


def check_classes(builder: str, num_classes) -> None:
    """Raise unless ``num_classes`` is a whole number of at least 1."""
    if isinstance(num_classes, bool) or not isinstance(num_classes, int):
        raise TypeError(f"{builder}: num_classes must be an integer, but is {num_classes!r}")
    if num_classes < 1:
        raise ValueError(f"{builder}: num_classes must be at least 1, but is {num_classes}")
