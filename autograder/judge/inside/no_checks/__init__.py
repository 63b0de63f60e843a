"""Stands for `utils.checks` in a student's kernel: the checks run elsewhere."""


def check(exercise_id: str, answer) -> None:
    """Do nothing; the grader checks the answer where it cannot be touched."""
    print(f"{exercise_id}: checked by the grader.")
