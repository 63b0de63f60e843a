"""Stands in for a package with which jsonschema would check a format that no notebook uses.

The real one compiles a grammar when it is imported, which takes longer than all the rest of a
command of nbgrader's; jsonschema does without it, as it does where it is not installed.

`autograder` keeps it away from its own commands. nbgrader and JupyterLab import jsonschema before
anything of the course, and tests start them many times: so the tests have this besides.
"""
