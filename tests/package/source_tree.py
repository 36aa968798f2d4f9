"""Where the tree is; importing this puts its package, build/python, before any other rechub."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "build/python"
sys.path.insert(0, str(PACKAGE))
