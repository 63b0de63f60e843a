"""What several parts of `utils` need, and no reader of the course has to know."""
