#include "rechub/matching/data_generator.h"

#include <cmath>
#include <utility>

#include "rechub/base/error.h"

namespace rechub::matching {
namespace {

std::vector<float> read_labels(const Column& y, int64_t rows) {
  check(y.num_rows() == rows && y.width() == 1, ErrorKind::kShape, "y: expected one label for each of the {} rows of x, got {}", rows,
        y.width() == 1 ? fmt::format("{}", y.num_rows()) : "several a row");
  return std::visit(
      [](auto values) {
        std::vector<float> labels;
        labels.reserve(values.size());
        for (size_t row = 0; row < values.size(); ++row) {
          const auto label = static_cast<float>(values[row]);
          check(std::isfinite(label) && label >= 0, ErrorKind::kData, "y, row {}: a label should be a number from 0 on, got {}", row, label);
          labels.push_back(label);
        }
        return labels;
      },
      y.values());
}

}  // namespace

MatchDataGenerator::MatchDataGenerator(Columns x, const std::optional<Column>& y) : x_(std::make_shared<const Columns>(std::move(x))) {
  const int64_t rows = count_rows(*x_, "x");
  if (y) labels_ = read_labels(*y, rows);
}

DataLoaders MatchDataGenerator::generate_dataloader(Columns x_test_user, Columns x_all_item, int64_t batch_size, int64_t num_workers) const {
  check(batch_size >= 1, ErrorKind::kUsage, "batch_size should be 1 or more, got {}", batch_size);
  check(num_workers >= 0 && num_workers <= 1024, ErrorKind::kUsage, "num_workers should be from 0 to 1024, got {}", num_workers);
  count_rows(x_test_user, "x_test_user");
  count_rows(x_all_item, "x_all_item");
  const auto users = std::make_shared<const Columns>(std::move(x_test_user)), items = std::make_shared<const Columns>(std::move(x_all_item));
  return {
      {"x", x_, labels_, items, batch_size, num_workers}, {"x_test_user", users, {}, items, batch_size, num_workers}, {"x_all_item", items, {}, items, batch_size, num_workers}};
}

DataLoader make_dataloader(Columns x, const std::optional<Column>& y, int64_t batch_size, int64_t num_workers) {
  DataLoader rows = MatchDataGenerator(x, y).generate_dataloader(x, x, batch_size, num_workers).train;
  rows.catalogue = nullptr;
  return rows;
}

}  // namespace rechub::matching
