"""The command: `python -m autograder release`, `python -m autograder pack`."""

import argparse
import sys

from autograder import pack, release


def main() -> int:
    """Parse the command line and run what it names; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m autograder", description="Build the course.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, module in [("release", release), ("pack", pack)]:
        summary = module.__doc__.splitlines()[0]
        command = commands.add_parser(name, help=summary, description=summary)
        module.add_arguments(command)
        command.set_defaults(run=module.main)
    arguments = parser.parse_args()
    try:
        return arguments.run(arguments)
    except (release.ReleaseError, pack.PackError) as error:
        print(f"{arguments.command}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
