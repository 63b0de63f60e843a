"""Release, pack and grade the course. `python -m autograder --help` lists the commands."""
