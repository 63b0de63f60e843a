"""Many submissions at once: workers, progress, Ctrl-C."""
