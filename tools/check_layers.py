"""An #include of "rechub/X/..." points to the same or an earlier folder, and LibTorch's headers stay where they may be.

Folders in FREE_OF_TORCH build without LibTorch, so that they compile fast and run under the sanitizers. <torch/torch.h> takes 18 s a file: no header may include it.
"""

import sys

from source_files import includes, is_torch_header, report, source_files

ORDER = "base kernels data ops layers models samplers losses index eval bundle train export matching serve cli".split()
FREE_OF_TORCH = {"base", "kernels", "data", "index", "eval", "serve"}


def folder_of(path):
    parts = path.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "rechub" else None


def faults_of(path):
    folder = folder_of(path)
    if folder not in ORDER:
        yield f"{path}: folder '{folder}' is not one of the known ones ({' '.join(ORDER)}); a new folder is added to the order in tools/check_layers.py and CONTRIBUTING.md"
        return
    for line, name in includes(path):
        used = folder_of(name)
        if used is not None and (used not in ORDER or ORDER.index(used) > ORDER.index(folder)):
            yield f"{path}:{line}: {folder}/ may not include {name}: folders use only the ones before them ({' '.join(ORDER)})"
        if folder in FREE_OF_TORCH and is_torch_header(name):
            yield f"{path}:{line}: {folder}/ is free of LibTorch, but this includes <{name}>"
        if name == "torch/torch.h" and path.endswith(".h"):
            yield f"{path}:{line}: <torch/torch.h> in a header costs every file 18 s: include the narrow header (<ATen/core/Tensor.h>) instead"


def main():
    return report([fault for path in source_files("rechub/*.h", "rechub/*.cpp") for fault in faults_of(path)])


if __name__ == "__main__":
    sys.exit(main())
