#include "rechub/data/sequence_files.h"

#include <algorithm>
#include <filesystem>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "rechub/base/error.h"
#include "rechub/data/arrow_columns.h"
#include "rechub/data/column_encoder.h"
#include "rechub/data/dataset_files.h"
#include "rechub/data/dataset_writer.h"
#include "rechub/data/memory_table.h"
#include "rechub/data/row_id.h"
#include "rechub/data/schema.h"

namespace rechub {
namespace {

constexpr const char* kFolder = "sequences";

class SequenceReader {
 public:
  SequenceReader(const SequencePlan& plan, const Interactions& log, const Numbering& numbering, Vocabulary* space, const MemoryLimit& limit, const std::string& folder)
      : plan_(plan),
        log_(log),
        numbering_(numbering),
        users_(numbering.owner_user.empty() ? numbering.owners
               : log.users.size() > 0       ? log.users
                                            : log.owners),
        encoder_(plan.feature, space, plan.feature.spec.space != kItemSpace),
        limit_(limit),
        sorter_(0, limit.sorter_bytes, folder) {}

  SequenceFile read_and_write(const TableOptions& format, const std::string& folder, const std::string& file) {
    read(format);
    result_.file = file;
    write(folder + "/" + file);
    return std::move(result_);
  }

 private:
  void read(const TableOptions& format) {
    const auto reader = open_table(plan_.files, format);
    const arrow::Type::type type = reader->schema()->GetFieldByName(plan_.time)->type()->id();
    reader->select({plan_.user, plan_.time, plan_.feature.column});
    while (const auto batch = reader->next()) {
      Cells users(*reader, *batch, 0), times(*reader, *batch, 1);
      users.take_as_ids();
      encoder_.start_batch(*reader, *batch);
      const int64_t bad_before = reader->num_bad_rows();
      for (int64_t row = 0; row < batch->num_rows(); ++row) read_row(*reader, users, times, row);
      result_.num_rows += batch->num_rows() - (reader->num_bad_rows() - bad_before);
      limit_.apply(sorter_, users_.rows() + numbering_.items.rows());
    }
    result_.num_bad_rows = reader->num_bad_rows();
    const std::string& name = plan_.feature.spec.name;
    check(sorter_.size() > 0, ErrorKind::kData, "{}: none of the {} rows of the sequence '{}' belongs to a user of the interactions{}; are the ids spelled in the same way?",
          shown_path(plan_.files[0]), result_.num_rows, name, result_.num_unknown_items > 0 ? " and an item of the catalogue" : "");
    const bool is_typed = type == arrow::Type::TIMESTAMP || type == arrow::Type::DATE32 || type == arrow::Type::DATE64;
    const TimeUnit unit = time_unit_of(is_typed, latest_);
    check(unit == log_.time_unit, ErrorKind::kData, "{}: the times of the column '{}' count {}, where those of the interactions count {}; the sequence '{}' must use the same unit",
          shown_path(plan_.files[0]), plan_.time, time_unit_name(unit), time_unit_name(log_.time_unit), name);
  }

  void read_row(TableReader& reader, Cells& users, Cells& times, int64_t row) {
    const auto user = read_row_id(reader, users, row);
    if (!user) return;
    const int32_t index = user->find_in(users_);
    if (index == kUnknownIndex) {  // before the value is read, so that it is none
      ++result_.num_unknown_users;
      return;
    }
    const auto time = times.time(row);
    if (!time || !encoder_.read(row)) return;
    latest_ = std::max(latest_, *time);
    for (const int32_t code : encoder_.codes()) {
      if (code >= kFirstIndex) sorter_.append(index, code, *time);
      if (code == kUnknownIndex) ++result_.num_unknown_items;
    }
  }

  void write(const std::string& path) {
    result_.num_values = sorter_.size();
    ArrowColumnsWriter writer(path,
                              {{.name = "value", .type = ColumnShape::kInt32, .rows = sorter_.size()}, {.name = "time", .type = ColumnShape::kInt64, .rows = sorter_.size()}});
    std::vector<int64_t> begin(static_cast<size_t>(users_.rows())), end(begin.size());
    int64_t place = 0;
    int32_t last = -1;
    sorter_.scan([&](std::span<const uint32_t> block) {
      for (size_t at = 0; at < block.size(); at += static_cast<size_t>(sorter_.record_words())) {
        const EventRecord record{block.data() + at};
        if (record.user() != last) begin[static_cast<size_t>(record.user())] = place;
        last = record.user();
        end[static_cast<size_t>(last)] = ++place;
        writer.append_one(0, record.item());
        writer.append_one(1, record.time());
      }
    });
    writer.finish();
    spread(begin, result_.begin);
    spread(end, result_.end);
  }

  // From users to the rows of the data set: sessions have the sequence of their user.
  void spread(const std::vector<int64_t>& of_user, std::vector<int64_t>& of_row) const {
    of_row.assign(static_cast<size_t>(numbering_.owners.rows()) + 1, 0);
    for (size_t row = kFirstIndex; row + 1 < of_row.size(); ++row) {
      of_row[row] = of_user[numbering_.owner_user.empty() ? row : static_cast<size_t>(numbering_.owner_user[row])];
    }
  }

  const SequencePlan& plan_;
  const Interactions& log_;
  const Numbering& numbering_;
  const Vocabulary& users_;
  ColumnEncoder encoder_;
  const MemoryLimit& limit_;
  EventSorter sorter_;
  SequenceFile result_;
  int64_t latest_ = 0;
};

}  // namespace

std::vector<SequenceFile> write_sequences(const PrepareOptions& options, const FeaturePlans& plans, const Interactions& log, FeatureSpaces& spaces, const Numbering& numbering,
                                          const MemoryLimit& limit, const std::string& folder) {
  std::vector<SequenceFile> files;
  if (plans.sequences.empty()) return files;
  check(!log.columns.time.empty(), ErrorKind::kUsage, "sequences need times, as only what lies before a recommendation may be known then; the interactions have no time column");
  std::filesystem::create_directories(folder + "/" + kFolder);
  for (const SequencePlan& plan : plans.sequences) {
    // Only the catalogue's numbers are looked up, never added to.
    auto* items = const_cast<Vocabulary*>(&numbering.items);
    SequenceReader reader(plan, log, numbering, spaces.of(plan.feature.spec, items), limit, folder);
    SequenceFile& file = files.emplace_back(reader.read_and_write(table_options(options), folder, plain_file_name(kFolder, plan.feature.spec.name, files.size())));
    file.spec = plan.feature.spec;
    file.spec.kind = FeatureKind::kMulti;
  }
  return files;
}

nlohmann::ordered_json describe_sequences(std::vector<SequenceFile>& sequences, const FeatureSpaces& spaces, int64_t item_rows, const LogLine& log_line) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (SequenceFile& sequence : sequences) {
    spaces.set_rows(sequence.spec, item_rows);
    list.push_back(
        {{"spec", nlohmann::ordered_json(feature_spec_to_json(sequence.spec))},
         {"file", sequence.file},
         {"values", sequence.num_values},
         {"rows", {{"read", sequence.num_rows}, {"bad", sequence.num_bad_rows}, {"unknown_users", sequence.num_unknown_users}, {"unknown_items", sequence.num_unknown_items}}}});
    log_line(fmt::format("sequence {}: {} values of {} kinds; left out: {} rows of users without events, {} values that are missing or not in the catalogue", sequence.spec.name,
                         sequence.num_values, sequence.spec.rows - kFirstIndex, sequence.num_unknown_users, sequence.num_unknown_items));
  }
  return list;
}

}  // namespace rechub
