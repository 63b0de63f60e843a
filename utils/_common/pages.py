"""Widgets that also live in a saved page, where no kernel runs."""

import anywidget

__all__ = ["PageWidget"]


class PageWidget(anywidget.AnyWidget):
    """A widget that is HTML besides: in a saved page its module works on what stands there."""

    def as_html(self) -> str:
        """Return it as a piece of a page."""
        raise NotImplementedError

    def _piece(self, place: str, wake: str) -> str:
        """An element, and below it the style and module of the widget, which a call wakes."""
        module = self._esm.replace("</script", r"<\/script")
        return (
            f"{place}\n<style>{self._css}</style>\n"
            f'<script type="module">{module}\n{wake}\n</script>'
        )

    def _repr_mimebundle_(self, **options):
        data, metadata = super()._repr_mimebundle_(**options) or ({}, {})
        data["text/plain"] = repr(self)
        data["text/html"] = self.as_html()
        return data, metadata
