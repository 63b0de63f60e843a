"""nbgrader's gradebook: its one writer, the journal beside it, and what is read from both."""
