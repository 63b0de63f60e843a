"""An object brings the method by which a check asks a stand-in what happened."""

INTENT = "the check takes the student's word for what was returned"
EXPECTED = {"region-seen": 0}
ANSWERS = {
    "region-seen": """
class Function:
    def __call__(self, *args, **options):
        return 0

    def call_elsewhere(self, args, options, forbidden=()):
        row, col, size, stride, padding = [*args, *options.values()]
        return (row, col, size, stride), None, None, []


region_seen = Function()
"""
}
