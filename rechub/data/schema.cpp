#include "rechub/data/schema.h"

#include "rechub/data/dataset.h"

namespace rechub {

Schema make_schema(const Dataset& dataset) {
  Schema schema;
  schema.item_rows = dataset.item_rows();
  schema.user_rows = dataset.user_rows();
  for (const FeatureColumn& column : dataset.item_features()) schema.item.push_back(column.spec);
  for (const FeatureColumn& column : dataset.user_features()) schema.user.push_back(column.spec);
  for (const FeatureColumn& column : dataset.event_features()) {
    (column.spec.role == EventRole::kContext ? schema.context : schema.history).push_back(column.spec);
  }
  for (const NamedSequence& sequence : dataset.sequences()) schema.context.push_back(sequence.spec);
  return schema;
}

}  // namespace rechub
