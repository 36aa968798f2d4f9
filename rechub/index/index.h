#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace rechub {

// Lists of different lengths end to end: list i is values[offsets[i] .. offsets[i + 1]). Empty offsets mean "no lists at all".
struct Lists {
  std::span<const int64_t> offsets;  // [count + 1]
  std::span<const int32_t> values;
};

// One batch of questions to an index. A query has `vectors_per_query` vectors (the interests of a user); its score for an item is the largest among them.
struct SearchQuery {
  std::span<const float> vectors;  // [num_queries, vectors_per_query, dim]
  int64_t num_queries = 0;
  int64_t vectors_per_query = 1;
  int64_t k = 10;                         // results wanted a query; 0 for none
  Lists exclude = {};                     // positions never returned and never ranked, any order, duplicates allowed (a target in its own exclude list is still ranked)
  std::span<const uint8_t> allowed = {};  // [size] or empty: 0 hides a position for every query (a deny list is its complement)
  Lists targets = {};                     // positions whose rank is wanted: Flat only, others throw kUsage
  int64_t effort = 0;                     // what a query may spend (Effort); 0: the index's own setting
  int64_t allowed_count = -1;             // entries of `allowed` that are not 0, where the caller knows; -1: they are counted when that is wanted
};

struct SearchResult {
  std::vector<int32_t> positions;  // [num_queries, k] best first, equal scores in order of position; -1 where fewer than k positions may be returned
  std::vector<float> scores;       // [num_queries, k]; -infinity where positions is -1
  std::vector<double> ranks;       // one for each entry of targets.values: 1 + number of better positions + half of the other positions with an equal score
  std::vector<int32_t> ties;       // likewise: how many other positions have an equal score
};

// kCosine: vectors are normalised on the way in, those of the index and those of queries (a zero vector stays zero).
enum class Similarity { kInnerProduct, kCosine };

// The one knob by which an index trades time for recall.
struct Effort {
  std::string name;      // "ef_search" (HNSW), "nprobe" (IVF), "search_k" (Annoy); "" for Flat, which is exact and has none
  int64_t value = 0;     // used where a query names none
  int64_t smallest = 0;  // of the range that makes sense
  int64_t largest = 0;
  bool counts_candidates = false;  // what a query may meet, so that values below its k make no difference; else lists or the like, counted from 1

  bool is_none() const { return name.empty(); }
};

// Top-k search over vectors that do not change, by position 0 .. size - 1. Positions fit 32 bits, vectors and queries are finite.
// Filters never cost results: a query gets exactly k where k positions are permitted. An approximate index widens its search where permitted positions are scarce, and where they
// are few it scans them all, which is exact. Scores are those of the stored vectors: rounded ones where the spec says so (SQ8, PQ16). Const calls are thread-safe; a batch uses all
// threads and gives every query the answer it gets alone.
class Index {
 public:
  virtual ~Index() = default;

  const std::string& spec() const { return spec_; }  // as given to build_index: "HNSW32,SQ8"
  int64_t size() const { return size_; }
  int64_t dim() const { return dim_; }
  Similarity similarity() const { return similarity_; }

  // Throws kShape where sizes do not fit or a position is out of range, kData for a query that is not finite, kUsage for targets or an effort this index does not take.
  SearchResult search(const SearchQuery& query) const;

  virtual Effort effort() const { return {}; }
  virtual void set_effort(int64_t value);  // not thread-safe; saved with the index. Throws kUsage where there is none or it is < 1

  virtual int64_t memory_bytes() const = 0;              // of what a search reads, mapped or not
  virtual void save(const std::string& path) const = 0;  // one file, whole or not at all

 protected:
  Index(std::string spec, int64_t size, int64_t dim, Similarity similarity) : spec_(std::move(spec)), size_(size), dim_(dim), similarity_(similarity) {}

  // Fills in what it finds for a query that was checked, its vectors normalised for kCosine. `result` has its sizes, and -1 and -infinity wherever nothing is found.
  virtual void find_best(const SearchQuery& query, SearchResult& result) const = 0;

 private:
  std::string spec_;
  int64_t size_, dim_;
  Similarity similarity_;
};

// How an index is built. Building uses all threads; HNSW's graph depends on their timing, what it returns hardly.
struct IndexOptions {
  Similarity similarity = Similarity::kInnerProduct;
  int64_t ef_construction = 100;  // HNSW: candidates looked at when a vector is linked
  int64_t seed = 1;               // of random levels, centroids and trees
};

// Builds what `spec` names: Flat, HNSW32, HNSW32,SQ8, IVF1024,Flat, IVF1024,PQ16, Annoy50, with other numbers as wanted. vectors: [size, dim] row-major, may be let go afterwards.
// Throws kUsage for an unknown spec (naming the nearest) and for one whose library this build lacks, kShape where sizes do not fit, kData naming the row of a NaN or infinity.
std::unique_ptr<Index> build_index(const std::string& spec, std::span<const float> vectors, int64_t size, int64_t dim, const IndexOptions& options = {});

// Throws what build_index would throw for `spec`, before anything is computed.
void check_index_spec(const std::string& spec);

// Opens what Index::save wrote, memory-mapped: start-up reads the file once for its checksum. Throws kNotFound where there is no such file and kData where any byte of it is not
// what was written, or where it is not an index.
std::unique_ptr<Index> open_index(const std::string& path);

}  // namespace rechub
