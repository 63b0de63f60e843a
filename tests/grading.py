"""Helpers for tests of `autograder grade`: a stand-in for the judge, a server, processes."""

import contextlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from glob import glob
from pathlib import Path

import pytest
import sqlalchemy as sa

from autograder.course import Course
from autograder.errors import CourseError
from autograder.judge import jobs as work
from autograder.judge.judging import LessonBroken, Verdict, Verdicts
from autograder.run import command as runner
from tests.course import LESSON, RECORDS, environment, find, info, solution
from tests.small import KEPT


def command(*arguments):
    return [sys.executable, "-m", "autograder", "grade", LESSON, *map(str, arguments)]


def grade(course, *arguments, **more):
    """Run the command; return its exit status and what it printed."""
    done = subprocess.run(
        command(*arguments),
        cwd=course,
        env=environment(course, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stdout, done.stdout
    return done.returncode, done.stdout


class Judge:
    """Stands in for the judge: full points for a published answer, none for any other."""

    def __init__(self):
        self.asked = []  # students, in the order in which they were judged
        self.before = lambda job: None
        self.published = {name: find(solution(), name).source for name in KEPT}

    def judged(self, _client, jobs):
        for job in jobs:
            if job.student:
                self.asked.append(job.student)
            self.before(job)
            try:
                yield job, work.judge(job, self.root)
            except LessonBroken as error:
                raise CourseError(str(error)) from None

    def judge(self, notebook):
        tests = {}
        for name, answer in self.published.items():
            cells = [c for c in notebook.cells if info(c).get("grade_id") == f"test-{name}"]
            if cells:
                most = float(info(cells[0])["points"])
                right = find(notebook, name).source == answer
                tests[f"test-{name}"] = Verdict(most if right else 0.0, most)
        return Verdicts(tests)

    def close(self):
        pass

    def grade(self, course, **options):
        """Grade in this process; return the outcome. `asked` are those who were judged for it."""
        work.course_digest.cache_clear()
        self.root, self.asked = course, []
        return runner.grade(Course(course), LESSON, **options)

    def use(self, monkeypatch, real_judge=False):
        """Judge in this process, without Dask."""
        if not real_judge:
            monkeypatch.setattr(work.judging, "_warm_judge", lambda *_: self)
        monkeypatch.setattr(runner.cluster, "judged", self.judged)
        monkeypatch.setattr(runner.cluster, "local_workers", lambda *_: contextlib.nullcontext())


@pytest.fixture
def judge(monkeypatch):
    made = Judge()
    made.use(monkeypatch)
    return made


@pytest.fixture
def little_disk():
    """A function that puts a course's records on a small disk of their own."""
    mounted = []

    def mount(course, size="9m"):
        records = course / RECORDS
        words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(records)]
        kept = records.with_name("kept")
        shutil.copytree(records, kept)
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no mount here: {done.stderr}")
        mounted.append(records)
        shutil.copytree(kept, records, dirs_exist_ok=True)

    yield mount
    for path in mounted:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def folder(course, student, step="autograded"):
    return course / RECORDS / step / student / LESSON


def processes(course):
    """The processes of a run in a course's folder: number -> command line."""
    found = {}
    ours = re.compile(re.escape(os.fsencode(course)) + rb"[\0:/]")
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            line, variables = (Path("/proc", name, x).read_bytes() for x in ("cmdline", "environ"))
            if ours.search(variables) or ours.search(line):
                found[int(name)] = line.replace(b"\0", b" ").decode(errors="replace").strip()
    found.pop(os.getpid(), None)
    return found


def leftovers(course, seconds=20):
    """What is left of a run after some seconds: processes, scratch folders, control groups."""
    until = time.monotonic() + seconds
    while (left := processes(course)) and time.monotonic() < until:
        time.sleep(0.1)
    return [*left.values(), *scratch_folders(course)]


def scratch_folders(course):
    """Temporary files of runs whose temporary folder is the one of `home`."""
    return sorted(x.name for x in temporary(course).iterdir())


def temporary(course):
    """A temporary folder for a course's runs alone."""
    path = course.parent / f"{course.name}-tmp"
    path.mkdir(exist_ok=True)
    return path


@contextlib.contextmanager
def program(*words, course, **more):
    """Run a program while the test does something else."""
    process = subprocess.Popen(
        [str(x) for x in words],
        cwd=course,
        env=environment(course, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def wait_for(condition, seconds=60, what=""):
    """Wait until something is true; return it."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} seconds: {what or condition}")


def missing(what):
    """Fail where tests must be complete, else skip."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} (see tests/system.sh)")
    pytest.skip(what)


@contextlib.contextmanager
def postgres():
    """Run a PostgreSQL server for nobody else; give the address of an empty database."""
    found = shutil.which("postgres") or (sorted(glob("/usr/lib/postgresql/*/bin/postgres")) or [""])
    programs = Path(found if isinstance(found, str) else found[-1]).resolve().parent
    if not (programs / "initdb").is_file():
        missing("PostgreSQL is not installed")
    # The server refuses to run as root, and a socket's path must be short.
    place = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    who = {"user": "nobody", "extra_groups": []} if os.geteuid() == 0 else {}
    if who:
        entry = pwd.getpwnam("nobody")
        os.chown(place, entry.pw_uid, entry.pw_gid)
        who["group"] = entry.pw_gid
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/", **who}
    data = str(place / "data")
    options = ["-A", "trust", "-U", "teacher", "--no-sync", "-E", "UTF8", "--locale=C"]
    subprocess.run([programs / "initdb", *options, "-D", data], check=True, **quiet)
    settings = ["-c", "listen_addresses=", "-c", "fsync=off", "-k", str(place)]
    server = subprocess.Popen([programs / "postgres", "-D", data, *settings], **quiet)
    try:
        url = f"postgresql+psycopg://teacher@/{{}}?host={place}"
        engine = sa.create_engine(url.format("postgres"), isolation_level="AUTOCOMMIT")

        def ready():
            with contextlib.suppress(sa.exc.OperationalError), engine.connect() as connection:
                connection.execute(sa.text("CREATE DATABASE gradebook"))
                return True

        wait_for(ready, 30, "the server")
        engine.dispose()
        yield url.format("gradebook")
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()
        shutil.rmtree(place)
