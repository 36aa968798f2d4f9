#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "rechub/base/options.h"
#include "rechub/data/dataset.h"

namespace rechub {

// What becomes of raw files. Columns that are not named are guessed from the usual names (table.h), and what was guessed is logged and written to the manifest.
//
// Events. A row needs a user, an item and, unless time_col is "none", a time. Each user's events are put in order of time, equal times in the order of the files.
//
// Sessions. With session_col or session_gap the session is the sequence: its id is "USER/SESSION", with session_gap "USER/1", "USER/2", ...; the user stays as a user feature under
// the name of the user column, and columns of the user file are those of the session's user. A file with a session column and no user column needs neither option: the session is
// the user.
//
// Named sequences. `sequences` gives each a file with a user, a time and a column of values, as NAME=FILE or NAME=FILE:COLUMN; several files of one name are one sequence. A column
// that looks like the item's id holds items of the catalogue (others are left out), any other has a vocabulary of its own; [features.COLUMN] may say shared_with, embed_dim,
// pooling, kind = "multi" with a separator (a query's words) or kind = "text". Values of users without events are left out and counted.
//
// Features. All columns of the user and item files are features, of the interactions those named in context_cols and history_cols. What a column becomes, unless `features` says:
//     text, bool                          sparse; a text column where more than 8 in 10 of over 100 rows differ is left out (name it in text_cols to use its words)
//     whole numbers                       sparse if the name ends in id, code or zip or at most 1,000 values differ, else dense
//     other numbers                       dense
//     lists of text or whole numbers, token_seq    multi
//     lists of numbers, float_seq         dense vectors of one width
// Items of the item file without events join the catalogue unless only_interacted_items is set; users of the user file without events are left out and counted.
struct PrepareOptions {
  std::vector<std::string> interactions, user_features, item_features, item_vectors, sequences, test;
  std::string format = "auto";
  std::string user_col, item_col, time_col, weight_col, session_col, session_gap;
  int64_t min_user_events = 1, min_item_events = 1;
  int64_t max_bad_rows = 0;
  bool deduplicate = false;
  std::string event_type_col;
  std::vector<std::string> keep_events, target_events;
  std::vector<std::string> context_cols, history_cols, ignore_cols;
  int64_t time_gap_buckets = 0;
  std::vector<std::string> crosses, text_cols;
  int64_t text_buckets = 30'000;
  std::string features;
  std::string missing = "refuse";
  std::string test_targets = "prefixes";
  bool only_interacted_items = false;
  std::string max_ram;
  bool overwrite = false;

  void describe(OptionVisitor& visitor);
};

struct MemoryLimit;
using LogLine = std::function<void(const std::string&)>;

// Reads the files once, in bounded memory, and writes a data set to `directory` as a whole or not at all. A directory that is not empty is refused (kUsage), but with `overwrite` a
// data set in it is replaced. Throws kUsage for options that do not fit together, kData and kNotFound for files. The result does not depend on max_ram or the number of threads.
Dataset prepare(const PrepareOptions& options, const std::string& directory, const LogLine& log);
Dataset prepare(const PrepareOptions& options, const std::string& directory, const LogLine& log, const MemoryLimit& limit);  // memory_plan.h; instead of options.max_ram

// A prepared data set (a directory with a manifest.json) is opened, every byte of it checked; anything else at `path` is prepared into `scratch`/dataset first (an older one there
// is replaced). `path` is put into options.interactions.
Dataset open_or_prepare(const std::string& path, PrepareOptions options, const std::string& scratch, const LogLine& log);

// "4G", "512M", "1.5G", "800000000" as bytes; throws kUsage naming `option`.
int64_t parse_bytes(const std::string& text, const std::string& option);
// "30m", "2h", "1d", "90s" or a plain number in seconds; throws kUsage naming `option`.
int64_t parse_seconds(const std::string& text, const std::string& option);

}  // namespace rechub
