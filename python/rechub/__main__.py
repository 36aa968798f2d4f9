"""The program `rechub`, as installed with the package."""

import os
import pathlib
import sys


def main() -> None:
    """Becomes the program, with this process's arguments."""
    for program in (pathlib.Path(__file__).parent / "bin" / "rechub", pathlib.Path(__file__).resolve().parents[2] / "build" / "rechub"):
        if program.exists():
            os.execv(program, [str(program), *sys.argv[1:]])
    sys.exit("the program rechub is not beside the package; install it with pip, or run ./run build")


if __name__ == "__main__":
    main()
