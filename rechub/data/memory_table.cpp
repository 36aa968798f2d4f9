#include "rechub/data/memory_table.h"

#include <atomic>
#include <map>
#include <mutex>
#include <string_view>
#include <utility>

#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>
#include <fmt/format.h>

#include "rechub/base/error.h"
#include "rechub/data/arrow_result.h"

namespace rechub {
namespace {

constexpr std::string_view kPrefix = "memory:";
constexpr int64_t kRowsPerBatch = int64_t{1} << 16;

struct NamedTable {
  std::string name;
  std::shared_ptr<arrow::Table> table;
};

struct KnownTables {
  std::mutex mutex;
  std::map<std::string, NamedTable> by_path;
};

KnownTables& known_tables() {
  static auto* shared = new KnownTables;  // never destroyed: tables may go while the process ends
  return *shared;
}

NamedTable find_table(const std::string& path) {
  KnownTables& known = known_tables();
  const std::lock_guard lock(known.mutex);
  const auto found = known.by_path.find(path);
  check(found != known.by_path.end(), ErrorKind::kNotFound, "{}: the table is not in memory any more", path);
  return found->second;
}

class MemoryPart : public TablePart {
 public:
  explicit MemoryPart(NamedTable source) : name_(std::move(source.name)), all_(std::move(source.table)), selected_(all_) {}

  std::shared_ptr<arrow::Schema> schema() const override { return all_->schema(); }
  bool is_empty() const override { return all_->num_rows() == 0; }
  int64_t num_rows_hint() const override { return all_->num_rows(); }

  void select(const std::vector<std::string>& columns) override {
    std::vector<int> places;
    for (const std::string& column : columns) places.push_back(all_->schema()->GetFieldIndex(column));
    selected_ = value_of(all_->SelectColumns(places), name_);
  }

  std::shared_ptr<arrow::RecordBatch> next() override {
    if (batches_ == nullptr) {
      batches_ = std::make_unique<arrow::TableBatchReader>(selected_);
      batches_->set_chunksize(kRowsPerBatch);
    }
    num_rows_before_ += num_rows_in_batch_;
    std::shared_ptr<arrow::RecordBatch> batch;
    check_arrow(batches_->ReadNext(&batch), name_);
    num_rows_in_batch_ = batch == nullptr ? 0 : batch->num_rows();
    return batch;
  }

  // As the tables of Python count.
  std::string where(int64_t row_in_batch) const override { return fmt::format("{}, row {} (from 0)", name_, num_rows_before_ + row_in_batch); }

 private:
  std::string name_;
  std::shared_ptr<arrow::Table> all_, selected_;
  std::unique_ptr<arrow::TableBatchReader> batches_;
  int64_t num_rows_before_ = 0, num_rows_in_batch_ = 0;
};

}  // namespace

MemoryTable::MemoryTable(const std::string& name, std::shared_ptr<arrow::Table> table) : table_(std::move(table)) {
  for (const auto& field : table_->schema()->fields()) {
    check(table_->schema()->GetAllFieldIndices(field->name()).size() == 1, ErrorKind::kData, "{}: two columns are called '{}'; rename one", name, field->name());
  }
  check_arrow(table_->Validate(), name);
  static std::atomic<int64_t> count = 0;
  path_ = fmt::format("{}{}#{}", kPrefix, name, ++count);
  KnownTables& known = known_tables();
  const std::lock_guard lock(known.mutex);
  known.by_path.emplace(path_, NamedTable{name, table_});
}

MemoryTable::~MemoryTable() {
  KnownTables& known = known_tables();
  const std::lock_guard lock(known.mutex);
  known.by_path.erase(path_);
}

bool is_memory_table(const std::string& path) { return path.starts_with(kPrefix); }

int64_t memory_table_bytes(const std::string& path) { return is_memory_table(path) ? arrow::util::TotalBufferSize(*find_table(path).table) : 0; }

std::string shown_path(const std::string& path) { return is_memory_table(path) ? path.substr(kPrefix.size(), path.rfind('#') - kPrefix.size()) : path; }

std::unique_ptr<TablePart> open_memory_table(const std::string& path) { return std::make_unique<MemoryPart>(find_table(path)); }

}  // namespace rechub
