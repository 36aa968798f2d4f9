"""The program `rechub`, as installed with the package."""

import os
import pathlib
import sys


def program() -> str:
    """Where it is. PathNotFoundError where it is not beside the package."""
    here = pathlib.Path(__file__)
    for path in (here.parent / "bin/rechub", here.resolve().parents[2] / "build/rechub"):  # of an installed package, of the tree
        if path.exists():
            return str(path)
    from rechub._errors import PathNotFoundError

    raise PathNotFoundError(f"the program rechub is not beside the package in {here.parent}: install the package with pip, or build the tree with ./run build")


def main() -> None:
    """Becomes the program, with this process's arguments. `--cmake-dir` alone prints where find_package(rechub) finds the library of an installed package."""
    if sys.argv[1:] == ["--cmake-dir"]:
        print(pathlib.Path(__file__).parent / "lib/cmake/rechub")
        return
    os.execv(program(), [program(), *sys.argv[1:]])


if __name__ == "__main__":
    main()
