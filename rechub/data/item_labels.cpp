#include "rechub/data/item_labels.h"

#include "rechub/base/error.h"
#include "rechub/base/registry.h"

namespace rechub {

const FeatureColumn& sparse_item_feature(const Dataset& dataset, const std::string& source, const std::string& name) {
  std::vector<std::string> known;
  for (const FeatureColumn& column : dataset.item_features()) {
    if (column.spec.kind != FeatureKind::kSparse) continue;
    if (column.spec.name == name) return column;
    known.push_back(column.spec.name);
  }
  check(!known.empty(), ErrorKind::kUsage,
        "{}: there is no item feature '{}', as the data set has no sparse one: prepare or fit with a table of them (item features, joined by the item id); "
        "a column whose values name single items is left out, unless a --features file says kind = \"sparse\" of it",
        source, name);
  throw Error(ErrorKind::kUsage, source + ": " + unknown_name_message("sparse item feature", name, known) +
                                     "; prepare leaves out a column whose values name single items, unless a --features file says kind = \"sparse\" of it");
}

ItemLabels::ItemLabels(const Dataset& dataset, const std::string& source, const std::vector<std::string>& names) : dataset_(dataset) {
  for (const std::string& name : names) columns_.push_back(&sparse_item_feature(dataset, source, name));
}

void add_to_label(std::string& label, const std::string& text) {
  if (!text.empty()) label += (label.empty() ? "" : ", ") + text;
}

std::string ItemLabels::of(int32_t item) const {
  std::string label;
  for (const FeatureColumn* column : columns_) add_to_label(label, dataset_.space(column->spec.space).text(column->codes[item]));
  return label;
}

}  // namespace rechub
