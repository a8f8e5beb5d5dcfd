"""`python3 dev <command>`, run by whatever Python the machine has.

This file keeps to syntax that old Pythons can read, so that they reach the line which says that
they are too old. Everything else stands in `dev.cli`.
"""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this line is for those
    sys.exit(
        "Halley needs Python 3.11 or newer, and this is Python %d.%d. "  # noqa: UP031 - see above
        "If a newer one is installed, name it: python3.12 dev up" % sys.version_info[:2]
    )

if not __package__:  # started by the folder's path: make `dev` importable, and not its files
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120

from dev.cli import main

sys.exit(main(sys.argv[1:]))
