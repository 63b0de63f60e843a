"""How a notebook shows a result that is a cell's last expression."""

__all__ = ["as_printed"]


def as_printed(self, printer, cycle: bool) -> None:
    """Show an object in IPython as `print` does; a class takes this as its `_repr_pretty_`."""
    printer.text(str(self))
