"""What the builders accept, and what they say otherwise."""

__all__ = ["check_choice", "check_classes", "check_count"]


def check_choice(builder: str, name: str, value, choices) -> None:
    """Raise a ValueError that lists the choices unless ``value`` is one of them."""
    if value not in choices:
        known = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{builder}: {name} must be one of {known}, but is {value!r}")


def check_classes(builder: str, num_classes) -> None:
    """Raise unless ``num_classes`` is a whole number of at least 1."""
    check_count(builder, "num_classes", num_classes)


def check_count(builder: str, name: str, count) -> None:
    """Raise unless ``count`` is a whole number of at least 1."""
    if isinstance(count, bool) or not isinstance(count, int):
        raise TypeError(f"{builder}: {name} must be an integer, but is {count!r}")
    if count < 1:
        raise ValueError(f"{builder}: {name} must be at least 1, but is {count}")
