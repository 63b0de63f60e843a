"""What came back, from any learning platform, becomes `submitted/`; nothing is left out silently.

`archives` reads files, folders and zips without trusting them, `names` knows how platforms name
files, `roster` who the students are, `choice` decides which file is whose and which version counts.
"""
