// Speed, size and memory of preparation on a synthetic log: a directory of Parquet part files, items drawn unevenly, users and times in random order, so that nothing comes sorted.
//
//     ./run bench prepare [EVENTS] [MAX_RAM] [FOLDER]        default: 5000000 4G and a temporary folder
//
// The log is written, and prepared with the limit and without one, in a process each, of which the kernel tells the largest resident memory. Prints JSON; exits with 1 where the
// limit was not kept or the two data sets are not the same files.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>

#include <arrow/builder.h>
#include <arrow/io/file.h>
#include <arrow/table.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <parquet/arrow/writer.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rechub/base/clock.h"
#include "rechub/base/error.h"
#include "rechub/base/random.h"
#include "rechub/data/arrow_result.h"
#include "rechub/data/prepare.h"

namespace rechub::bench {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int64_t kPartRows = 1'000'000, kItems = 200'000, kEventsPerUser = 50;

void write_part(const std::string& path, Random& random, int64_t rows, int64_t users) {
  arrow::Int64Builder user, item, time;
  for (int64_t row = 0; row < rows; ++row) {
    const double place = random.uniform();  // its square: a quarter of the items takes half of the events
    check_arrow(user.Append(static_cast<int64_t>(random.below(static_cast<uint64_t>(users)))), path);
    check_arrow(item.Append(static_cast<int64_t>(place * place * kItems) * 7919 + 1'000'003), path);
    check_arrow(time.Append(1'500'000'000 + static_cast<int64_t>(random.below(100'000'000))), path);
  }
  const auto schema = arrow::schema({arrow::field("user_id", arrow::int64()), arrow::field("item_id", arrow::int64()), arrow::field("timestamp", arrow::int64())});
  const auto table = arrow::Table::Make(schema, {value_of(user.Finish(), path), value_of(item.Finish(), path), value_of(time.Finish(), path)});
  const auto file = value_of(arrow::io::FileOutputStream::Open(path), path);
  check_arrow(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), file, rows), path);
  check_arrow(file->Close(), path);
}

void write_log(const std::string& folder, int64_t events) {
  Random random(1);
  fs::create_directories(folder);
  for (int64_t begin = 0; begin < events; begin += kPartRows) {
    write_part(fmt::format("{}/part-{:05}.parquet", folder, begin / kPartRows), random, std::min(kPartRows, events - begin), std::max<int64_t>(events / kEventsPerUser, 1));
  }
}

struct Usage {
  double seconds = 0;
  int64_t peak_rss_bytes = 0;
};

// Runs `work` in a process of its own, which says itself why it failed.
Usage run_apart(const std::function<void()>& work) {
  const double start = monotonic_seconds();
  const pid_t child = ::fork();
  check(child >= 0, ErrorKind::kInternal, "cannot start a process");
  if (child == 0) {
    try {
      work();
    } catch (const std::exception& error) {
      fmt::print(stderr, "{}\n", error.what());
      std::_Exit(1);
    }
    std::_Exit(0);
  }
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  check(status == 0, ErrorKind::kInternal, "a step failed");
  return {monotonic_seconds() - start, usage.ru_maxrss * int64_t{1024}};
}

Usage run_prepare(const std::string& log, const std::string& out, const std::string& max_ram) {
  return run_apart([&] {
    PrepareOptions options;
    options.interactions = {log};
    options.max_ram = max_ram;
    prepare(options, out, [](const std::string& line) { fmt::print(stderr, "{}\n", line); });
  });
}

json files_of(const std::string& directory) { return Dataset::open(directory).manifest().at("files"); }

json describe(const Usage& usage, int64_t events) {
  return {{"seconds", usage.seconds}, {"events_per_second", static_cast<double>(events) / usage.seconds}, {"peak_rss_bytes", usage.peak_rss_bytes}};
}

int run(int64_t events, const std::string& max_ram, const std::string& root) {
  const std::string log = root + "/log", limited = root + "/limited", unlimited = root + "/unlimited";
  run_apart([&] { write_log(log, events); });
  const Usage with_limit = run_prepare(log, limited, max_ram), without = run_prepare(log, unlimited, "");
  const json files = files_of(limited);
  int64_t bytes = 0;
  for (const auto& [name, file] : files.items()) bytes += file.at("size").get<int64_t>();
  double load = 0;
  ::getloadavg(&load, 1);
  const bool is_kept = with_limit.peak_rss_bytes <= parse_bytes(max_ram, "MAX_RAM"), is_same = files == files_of(unlimited);
  const json result = {{"events", events},
                       {"max_ram", max_ram},
                       {"with_limit", describe(with_limit, events)},
                       {"without_limit", describe(without, events)},
                       {"bytes_per_event", static_cast<double>(bytes) / static_cast<double>(events)},
                       {"kept_to_max_ram", is_kept},
                       {"same_files", is_same},
                       {"processors", ::sysconf(_SC_NPROCESSORS_ONLN)},
                       {"load_average", load}};
  fmt::print("{}\n", result.dump(2));
  return is_kept && is_same ? 0 : 1;
}

}  // namespace
}  // namespace rechub::bench

int main(int argc, char** argv) {
  const int64_t events = argc > 1 ? std::atoll(argv[1]) : 5'000'000;
  const std::string max_ram = argc > 2 ? argv[2] : "4G";
  std::string root = (argc > 3 ? std::string(argv[3]) : std::filesystem::temp_directory_path().string()) + "/rechub_prepare_XXXXXX";
  if (events <= 0 || mkdtemp(root.data()) == nullptr) {
    fmt::print(stderr, "usage: prepare_bench [EVENTS] [MAX_RAM] [FOLDER]; EVENTS is above 0, FOLDER a directory to write to\n");
    return 2;
  }
  int code = 1;
  try {
    code = rechub::bench::run(events, max_ram, root);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
  }
  std::filesystem::remove_all(root);
  return code;
}
