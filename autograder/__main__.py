"""The command: `python -m autograder grade LESSON`, and the others that `--help` lists."""

import argparse
import sys

from autograder.errors import CourseError

try:
    from autograder.build import new_exercise, new_lesson, pack, release, trial
    from autograder.collect import command as collect
    from autograder.gradebook import export
    from autograder.report import command as report
    from autograder.run import command as grade
except ModuleNotFoundError as error:
    sys.exit(
        f"The grader needs the package {error.name!r}, which students do not need. Install what "
        "instructors need:\n    pip install -c constraints.txt -e '.[grade]'"
    )

COMMANDS = {
    "release": release,
    "pack": pack,
    "try": trial,
    "new-exercise": new_exercise,
    "new-lesson": new_lesson,
    "collect": collect,
    "grade": grade,
    "report": report,
    "export": export,
}


def main() -> int:
    """Parse the command line and run what it names; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m autograder", description="Build the course.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, module in COMMANDS.items():
        summary = (module.__doc__ or name).splitlines()[0]  # -OO leaves no docstrings
        command = commands.add_parser(name, help=summary, description=summary)
        module.add_arguments(command)
        command.set_defaults(run=module.main)
    arguments = parser.parse_args()
    try:
        return arguments.run(arguments)
    except CourseError as error:
        print(f"{arguments.command}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
