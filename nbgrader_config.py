"""nbgrader's configuration. Stock nbgrader commands work from this folder, and only from here."""

from importlib.resources import files
from pathlib import Path

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.converters import base
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    GetGrades,
    OverwriteCells,
    OverwriteKernelspec,
)

from autograder.collect.plugins import CollectorPlugin, LiteralFolders
from autograder.hooks.execute import Execute, SaveVerdicts, SubmissionExporter
from autograder.hooks.feedback import HideTests
from autograder.hooks.mark_schemes import ShowMarkSchemes
from autograder.hooks.pages import markdown_filter
from autograder.hooks.preprocessors import ClearBuildMetadata
from autograder.judge.rebuild import Rebuild

c = get_config()  # noqa: F821  (nbgrader provides it)

ROOT = Path(__file__).resolve().parent
RECORDS = Path("autograder/records")
(ROOT / RECORDS).mkdir(parents=True, exist_ok=True)

# nbgrader's own folders are only renamed. What belongs to students lies under RECORDS, which git
# ignores. Root and database are absolute: some commands change the working directory.
c.CourseDirectory.course_id = "convnets"
c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.db_url = f"sqlite:///{ROOT / RECORDS / 'gradebook.db'}"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
for step in ["source_with_tests", "submitted", "autograded", "feedback", "solution"]:
    setattr(c.CourseDirectory, f"{step}_directory", str(RECORDS / step))

c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError()"}
c.GenerateAssignment.preprocessors.append(ClearBuildMetadata)

# A byte order mark, or UTF-16, does not keep a submission from being read.
c.Autograde.exporter_class = SubmissionExporter
# A submission is not repaired but rebuilt: the instructor's notebook with the student's answers.
c.Rebuild.source_directory = str(ROOT / "solutions")
c.Autograde.sanitize_preprocessors = [
    Rebuild,
    OverwriteKernelspec,
    OverwriteCells,  # from the gradebook: checksums, by which an untouched answer is known
    CheckCellMetadata,
]

# Students' code runs in a sandbox, tests in another one; only the tests' verdicts are scores.
# What a submission may use is said by c.Limits, such as c.Limits.cell_seconds = 120.
c.Execute.root = str(ROOT)
c.Autograde.autograde_preprocessors = [
    Execute,
    SaveVerdicts,
    AssignLatePenalties,
    CheckCellMetadata,
]
c.GenerateFeedback.preprocessors = [GetGrades, HideTests, CSSHTMLHeaderPreprocessor]
# Who grades in the formgrader sees each mark scheme below the answer.
c.HTMLExporter.preprocessors = [ShowMarkSchemes]
c.ShowMarkSchemes.source_directory = str(ROOT / "solutions")
# `nbgrader validate` runs on the student's own machine: seconds a cell, and no widgets' state.
c.ExecutePreprocessor.timeout = 180
c.ExecutePreprocessor.startup_timeout = 120
c.ExecutePreprocessor.store_widget_state = False
# What a student wrote must not act in the browser of whoever reads it. Formulas become MathML, and
# nbgrader's pages, those of the formgrader too, are read without a network.
c.HTMLExporter.filters = {"markdown2html": markdown_filter}
c.HTMLExporter.extra_template_basedirs = [
    str(ROOT / "autograder/hooks/templates"),
    str(files("nbgrader") / "server_extensions/formgrader/templates"),
]

# `nbgrader zip_collect LESSON` reads autograder/records/downloaded/LESSON/archive/ as
# `python -m autograder collect LESSON PATH...` reads what it is given (autograder/collect/names.py
# says whose a file is). The extractor leaves one folder a student, with the version that counts.
c.ZipCollectApp.downloaded_directory = str(RECORDS / "downloaded")
c.ZipCollectApp.extractor_plugin = CollectorPlugin
c.FileNameCollectorPlugin.named_regexp = (
    r".*/extracted/(?P<student_id>[^/]+)/(?P<file_id>[^/]+)\.ipynb$"
)
# nbgrader looks for notebooks by patterns: a student called [abc] is to be found all the same.
base.glob = LiteralFolders
