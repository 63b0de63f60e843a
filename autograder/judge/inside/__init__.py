"""What runs inside a sandbox: a kernel that executes cells, and the protocol that it speaks.

Nothing in here may import the rest of `autograder`, nbgrader, or a lesson: a student's code runs
in the same process.
"""
