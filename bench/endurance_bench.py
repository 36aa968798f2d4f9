"""What the service promises under swaps and crowds, at the size it promises it.

    ./run bench endurance [SWAPS] [CONNECTIONS]        default: 100 10000

`swaps`: two bundles take turns while four clients ask without a pause; failed requests and answers that are not one bundle's own are counted. `crowd`: idle and slow
connections, half of them in the middle of a header, once more than the service keeps (4,096, at most half of them: the longest silent ones go) and once as many as it
keeps; good requests are asked beside them. Where this process may not open so many files, fewer connections are opened, and `connections` says how many. Prints JSON;
the same code runs in tests/serve at a smaller size.
"""

import json
import pathlib
import sys
import tempfile

import provenance

sys.path.append(str(provenance.ROOT / "tests/serve"))
from crowd import allow_files, crowd  # noqa: E402
from serving import Server, make_data, train  # noqa: E402
from swapping import swap_under_load  # noqa: E402


def main() -> None:
    swaps = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    wanted = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    connections = allow_files(wanted)
    if connections < wanted:
        print(f"the limit of open files (ulimit -Hn) allows {connections} connections, not {wanted}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="rechub-endurance-") as directory:
        scratch = pathlib.Path(directory)
        data = make_data(scratch)
        bundles = [train(data, "sasrec", scratch / f"{seed}.bundle", epochs, seed) for epochs, seed in ((5, 1), (1, 9))]
        result = {"swaps": swap_under_load(bundles, scratch / "served.bundle", {"user": "u4", "k": 20}, swaps)}
        with Server(bundles[0], "--header-timeout", 600, "--idle-timeout", 600, "--max-connections", min(4096, connections // 2)) as server:
            result["crowd_beyond_the_limit"] = crowd(server, connections)
        with Server(bundles[0], "--header-timeout", 600, "--idle-timeout", 600, "--max-connections", connections + 10) as server:
            result["crowd_within_the_limit"] = crowd(server, connections)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
