"""What a class solved and got wrong: on the terminal, as a page, as CSV."""
