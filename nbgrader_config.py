"""nbgrader's configuration. Stock nbgrader commands work from this folder, and only from here."""

from pathlib import Path

from nbgrader.preprocessors import CheckCellMetadata, OverwriteCells, OverwriteKernelspec

from autograder.preprocessors import ClearBuildMetadata
from autograder.rebuild import Rebuild

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

# A submission is not repaired but rebuilt: the instructor's notebook with the student's answers.
c.Rebuild.source_directory = str(ROOT / "solutions")
c.Autograde.sanitize_preprocessors = [
    Rebuild,
    OverwriteKernelspec,
    OverwriteCells,  # from the gradebook: checksums, by which an untouched answer is known
    CheckCellMetadata,
]

c.ExecutePreprocessor.timeout = 180  # seconds a cell; a stuck one is then interrupted
c.ExecutePreprocessor.startup_timeout = 120
# Saving a widget's state fails when a figure or slider was left half built.
c.ExecutePreprocessor.store_widget_state = False

# `nbgrader zip_collect LESSON` reads autograder/records/downloaded/LESSON/archive/: files, folders
# or zips. The student is the folder (or zip) around the notebook, or what stands before its name:
#   ada/01_convolution.ipynb   ada.zip   ada_01_convolution.ipynb   ada_4711_9_01_convolution.ipynb
#   Ada Lovelace_4711_assignsubmission_file_/01_convolution.ipynb
c.ZipCollectApp.downloaded_directory = str(RECORDS / "downloaded")
c.FileNameCollectorPlugin.named_regexp = (
    r".*/(?!extracted/|\d\d_)(?P<student_id>[^/]+?)"
    r"(?:_\d+(?:_[^/]*?)?)?"  # the numbers and words that Moodle and Canvas add
    r"[/_](?P<file_id>\d\d_[a-z0-9_]+)"
    r"(?:-\d+| ?\(\d+\))?\.ipynb$"  # "-1", "(1)": a second upload or download
)
