"""An error raised at a line of the package, as Ctrl-C or a lack of memory would raise it."""

import sys


class Interrupt:
    """Raises an error at the ``at``-th line of the package that a call runs; none where it runs fewer."""

    def __init__(self, at, error):
        self.at, self.error, self.count = at, error, 0

    def __call__(self, frame, event, argument):
        if "hotloop" not in frame.f_code.co_filename:
            return None
        if event == "line":
            self.count += 1
            if self.count == self.at:
                raise self.error
        return self

    def run(self, call):
        """Run the call and return how many lines it ran."""
        before = sys.gettrace()
        sys.settrace(self)
        try:
            call()
        finally:
            sys.settrace(before)
        return self.count
