#pragma once

#include <string>

#include "rechub/data/feature_plan.h"
#include "rechub/data/sequence_plans.h"

namespace rechub {

// The features of a whole data set, planned before a row is read. Names are unique over all tables.
struct FeaturePlans {
  TablePlan user, item, event;
  TablePlan vectors;  // of the item_vectors files
  std::vector<SequencePlan> sequences;
  std::string user_id, item_id, vector_id;  // id columns of the files; "" without files
  std::string npy_vectors;                  // item_vectors is this .npy file
};

// Plans all tables and logs what was decided. Throws kUsage for overrides, crosses, columns and shared_with that name nothing, with the nearest name.
FeaturePlans plan_all_features(const PrepareOptions& options, const LogLine& log);

bool is_feature_name(const FeaturePlans& plans, const std::string& name);
TableOptions table_options(const PrepareOptions& options);

}  // namespace rechub
