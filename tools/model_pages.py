"""Writes docs/models/, docs/parameters.md and the figures in docs/choosing-a-model.md and docs/index.md: one page a model, from the program's tables of models and options, the
equations at the head of its source, and the results under bench/results.

    ./run docs             write the pages anew
    ./run docs --check     fail, naming them, where pages are not what would be written

docs/models/when.json says in words when to use a model; all else comes from the program, so a page cannot say something else than the program does.
"""

import json
import pathlib
import re
import statistics
import subprocess
import sys

import page_figures
import parameter_effects

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench"))
import provenance  # noqa: E402

PAGES = ROOT / "docs/models"
CHOOSING = "../choosing-a-model.md"
INDEX = "../index.md"
PARAMETERS = "../parameters.md"
PROGRAM = ROOT / "build/rechub"
REACHED = "Hit@10 | NDCG@10 | 95 % interval over users, first seed | seeds"
NOTE = "Written by `./run docs` from the program and its sources: change those."


def registries(program=PROGRAM):
    """What `rechub info --models --json` says."""
    return json.loads(subprocess.run([program, "info", "--models", "--json"], check=True, capture_output=True, text=True).stdout)


def source_of(model):
    """The source that defines the model's builder."""
    for path in sorted((ROOT / "rechub/models").glob("*.cpp")):
        if re.search(rf"^std::unique_ptr<ModelBuilder> make_{model}_builder\(\)", path.read_text(encoding="utf-8"), re.MULTILINE):
            return path
    raise SystemExit(f"no source under rechub/models defines make_{model}_builder()")


def equations_of(path):
    """The comment at the head of a source as Markdown: indented lines are equations."""
    out, in_code = [], False
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("//"):
            break
        text = line[2:].removeprefix(" ").rstrip()
        is_code = text.startswith("  ") or (in_code and text == "")
        if is_code != in_code:
            out += ["```text"] if is_code else [*drop_blank(out), "```", ""]
            in_code = is_code
        out.append(text[2:] if is_code else text)
    if in_code:
        out += [*drop_blank(out), "```"]
    return "\n".join(out).strip()


def drop_blank(lines):
    """Takes the blank lines off the end of a list, and gives nothing to add."""
    while lines and lines[-1] == "":
        lines.pop()
    return []


def cell(text):
    return str(text).replace("|", "\\|").replace("\n", " ")


def shown(value):
    if isinstance(value, list):
        return "`[" + ", ".join(map(str, value)) + "]`"
    return "`" + (json.dumps(value) if not isinstance(value, str) else value or '""') + "`"


def option_table(options):
    lines = ["| option | type | default | what |", "| --- | --- | --- | --- |"]
    return "\n".join(lines + [f"| `{o['name']}` | {o['type']} | {shown(o['default'])} | {cell(o['help'])} |" for o in options])


def results_of(model):
    """Kept runs of the model's rows of ./run quality: each row's name and the cells of REACHED, means over seeds with the first seed's interval over users."""
    for path in sorted((page_figures.RESULTS / "quality").glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["row"].split("/")[1] == model:
            runs = record["runs"]
            hit, ndcg = (statistics.mean(run["test"][name] for run in runs) for name in ("Hit@10", "NDCG@10"))
            low, high = runs[0]["intervals"]["NDCG@10"]
            yield record["row"], f"{hit:.4f} | {ndcg:.4f} | {low:.4f} to {high:.4f} | {len(runs)}"


def kept_figures(models):
    """The table of all kept results, for docs/choosing-a-model.md."""
    rows = sorted((row, entry["name"], cells) for entry in models for row, cells in results_of(entry["name"]))
    if not rows:
        return "No results are kept yet; rows are listed by `./run quality`."
    return "\n".join([f"| row | model | {REACHED} |", "| --- |" + " --- |" * 5, *(f"| `{row}` | {name} | {cells} |" for row, name, cells in rows)])


def with_figures(text, models):
    """docs/choosing-a-model.md with the table between its marks, and the figures in its sentences."""
    begin, end = "<!-- figures -->\n", "<!-- /figures -->"
    return page_figures.filled(text[: text.index(begin) + len(begin)] + "\n" + kept_figures(models) + "\n\n" + text[text.index(end) :])


def figures_of(model):
    rows = [f"| `{row}` | {cells} | `./run quality {row}` |" for row, cells in results_of(model)]
    if rows:
        return "\n".join([f"| row | {REACHED} | measured by |", "| --- |" + " --- |" * 5, *rows])
    configs = sorted(path.parent.name + "/" + path.stem for path in (ROOT / "configs").glob(f"*/{model}.toml"))
    if configs:
        return "Settings are there, results are not kept yet: " + ", ".join(f"`./run quality {row}`" for row in configs) + "."
    return "No settings for a public data set are kept yet; `rechub compare` measures it on yours."


def page_of(entry, when):
    name = entry["name"]
    source = source_of(name)
    words = when.get(name, {})
    parts = [f"# {name}", f"{entry['paper']}. {NOTE}"]
    if "use" in words:
        parts += ["## When to use it", page_figures.filled(words["use"])]
    parts += ["## What it computes", f"From [`{source.name}`](../../{source.relative_to(ROOT)}):", equations_of(source)]
    sampler = "" if entry["sampler"] == "none" else f" with the sampler `{entry['sampler']}`"
    parts += [f"It is trained with the loss `{entry['loss']}`{sampler} unless `--loss` and `--sampler` say otherwise ([training](../training.md))."]
    parts += ["## Parameters", "`--set model.NAME=VALUE`, or `NAME = VALUE` under `[model]` in a config file.", option_table(entry["options"])]
    if "variants" in words:
        parts += ["## Variants", words["variants"]]
    parts += ["## Figures", figures_of(name)]
    config = next(iter(sorted((ROOT / "configs").glob(f"*/{name}.toml"))), None)
    with_config = f"rechub train    --data DATA --config {config.relative_to(ROOT)} --out {name}.bundle\n" if config else ""
    parts += ["## Commands", f"```\nrechub train    --data DATA --model {name} --out {name}.bundle\n{with_config}"
              f"rechub tune     --data DATA --model {name} --trials 20 --out {name}.tune\n"
              f"rechub compare  --data DATA --models {name},{'sasrec' if name != 'sasrec' else 'gru4rec'} --out report\n```"]
    return "\n\n".join(parts) + "\n"


def index_of(models, when):
    lines = ["# Models", "", f"{NOTE} Which to take: [choosing a model](../choosing-a-model.md).", "", "| model | paper | loss | in short |", "| --- | --- | --- | --- |"]
    lines += [f"| [{m['name']}]({m['name']}.md) | {cell(m['paper'])} | `{m['loss']}` | {cell(when.get(m['name'], {}).get('short', ''))} |" for m in models]
    return "\n".join([*lines, *cost_table(models)]) + "\n"


def cost_table(models):
    """What a model reaches and costs on Beauty, from the kept results of ./run quality and ./run bench models; nothing where either is not kept yet."""
    path = page_figures.RESULTS / "models.json"
    if not path.exists():
        return []
    costs = json.loads(path.read_text(encoding="utf-8"))
    about = f"Quality by `./run quality beauty/MODEL`, cost by `{costs['command']}` on {costs['machine']['cores']} cores:"
    lines = ["", f"On Amazon Beauty (leave-one-out, full ranking; settings of `configs/beauty`). {about}", ""]
    lines += [f"| model | {REACHED} | parameters | events/s in training | seconds to the best epoch | users/s, encoded and ranked |", "| --- |" + " --- |" * 8]
    changed = []
    for name in (entry["name"] for entry in models):
        cost, reached = costs.get(name), dict(results_of(name)).get(f"beauty/{name}", "| | |")
        if not cost:
            continue
        if cost["config_sha256"] != provenance.sha256(ROOT / f"configs/beauty/{name}.toml"):
            changed.append(name)
        seconds = f"{page_figures.seconds_to_best(name):.0f}" if reached.strip("| ") else ""
        lines.append(f"| {name} | {reached} | {cost['parameters']:,} | {cost['events_per_second']:,.0f} | {seconds} | {statistics.median(cost['users_per_second']):,.0f} |")
    return lines + (["", f"The cost of {', '.join(changed)} is that of earlier settings."] if changed else [])


def pages(program=PROGRAM):
    """File name to text of all pages."""
    models = registries(program)["models"]
    when = json.loads((PAGES / "when.json").read_text(encoding="utf-8"))
    choosing = with_figures((PAGES / CHOOSING).read_text(encoding="utf-8"), models)
    index = page_figures.filled((PAGES / INDEX).read_text(encoding="utf-8"))
    return {"README.md": index_of(models, when), CHOOSING: choosing, INDEX: index, **{f"{entry['name']}.md": page_of(entry, when) for entry in models}}


def stale(program=PROGRAM):
    """Names of pages that are not what would be written, and of pages of models that are gone."""
    wanted = pages(program)
    differing = [name for name, text in wanted.items() if not (PAGES / name).exists() or (PAGES / name).read_text(encoding="utf-8") != text]
    return sorted(differing + [path.name for path in PAGES.glob("*.md") if path.name not in wanted])


def main():
    if sys.argv[1:] == ["--check"]:
        names = stale() + ([] if parameter_effects.page(PROGRAM) == (PAGES / PARAMETERS).read_text(encoding="utf-8") else [PARAMETERS])
        if names:
            sys.exit(f"not what ./run docs writes: {', '.join(names)}")
        return
    if sys.argv[1:]:
        sys.exit("usage: ./run docs [--check]")
    wanted = pages()
    for path in PAGES.glob("*.md"):
        if path.name not in wanted:
            path.unlink()
    wanted[PARAMETERS] = parameter_effects.page(PROGRAM)
    for name, text in wanted.items():
        (PAGES / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
