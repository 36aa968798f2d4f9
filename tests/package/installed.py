"""Run by the Python of an environment that the wheel was installed in: the package works without the tree."""

import pathlib
import tempfile

import rechub

users = [user for user in range(200) for _ in range(8)]
events = {"user": users, "item": [(user * 7 + place) % 40 for place, user in enumerate(users)], "time": list(range(len(users)))}
model = rechub.SASRec(dim=16, epochs=3, batch_size=64).fit(events, verbose=False)
frame = model.recommend([1, 2], k=3)
assert len(frame) == 6 and frame["rank"].tolist() == [1, 2, 3] * 2, frame
with tempfile.TemporaryDirectory() as folder:
    model.save(pathlib.Path(folder) / "saved.bundle")
    rechub.run("verify", pathlib.Path(folder) / "saved.bundle")
with model.serve(port=0, wait=False) as server:
    assert server.url.startswith("http://127.0.0.1:")
print(f"rechub {rechub.__version__} from {pathlib.Path(rechub.__file__).parent} works")
