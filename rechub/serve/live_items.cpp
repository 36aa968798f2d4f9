#include "rechub/serve/live_items.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "rechub/base/error.h"
#include "rechub/base/parallel.h"
#include "rechub/index/query_checks.h"

namespace rechub {
namespace {

double length_of(std::span<const float> vector) {
  double squares = 0;
  for (const double value : vector) squares += value * value;
  return std::sqrt(squares);
}

LiveBase with_index(LiveBase base, int64_t dim, const LiveItemsOptions& options, int64_t effort = 0) {
  const int64_t size = base.ids->size();
  check(dim > 0 && static_cast<int64_t>(base.vectors.size()) == size * dim, ErrorKind::kShape, "live items: {} items of {} dimensions need {} floats, got {}", size, dim,
        size * dim, base.vectors.size());
  if (!base.index) {
    std::unique_ptr<Index> built = build_index(options.spec, base.vectors, size, dim, options.index);
    if (effort > 0) built->set_effort(effort);
    base.index = std::move(built);
  }
  check(base.index->size() == size && base.index->dim() == dim, ErrorKind::kShape, "live items: the index holds {} vectors of {} dimensions, expected {} of {}", base.index->size(),
        base.index->dim(), size, dim);
  return base;
}

// Where the vectors of a rebuilt base come from, in the order of its positions: those of the old base, then those of its delta.
struct Origins {
  std::vector<int32_t> positions, entries;
};

Origins live_origins(const LiveState& state) {
  Origins origins;
  for (int64_t i = 0; i < state.base->index->size(); ++i) {
    if (state.is_visible(i)) origins.positions.push_back(static_cast<int32_t>(i));
  }
  for (int64_t i = 0; i < state.delta.size(); ++i) {
    if ((*state.dead)[i] == 0) origins.entries.push_back(static_cast<int32_t>(i));
  }
  return origins;
}

LiveBase rebuilt(const LiveState& state, const Origins& origins, const LiveItemsOptions& options) {
  const int64_t dim = state.base->index->dim();
  auto vectors = std::make_shared<std::vector<float>>();
  vectors->reserve((origins.positions.size() + origins.entries.size()) * dim);
  auto ids = std::make_shared<Vocabulary>();
  for (const int32_t position : origins.positions) {
    const auto vector = state.base->vectors.subspan(position * dim, dim);
    vectors->insert(vectors->end(), vector.begin(), vector.end());
    ids->add(state.base->ids->text(position + kFirstIndex));
  }
  for (const int32_t entry : origins.entries) {
    const std::vector<float> vector = state.delta.vector(entry);
    vectors->insert(vectors->end(), vector.begin(), vector.end());
    ids->add(state.delta.id(entry));
  }
  // With the setting that was chosen for the old one, where it is of the same kind.
  const Effort effort = state.base->index->effort();
  const bool is_same_kind = state.base->index->spec() == options.spec && !effort.name.empty();
  return with_index({nullptr, std::move(ids), *vectors, vectors}, dim, options, is_same_kind ? effort.value : 0);
}

// The marks a state will have, copied when the first of them changes.
struct Marks {
  explicit Marks(const LiveState& state) : visible(state.visible), dead(state.dead ? *state.dead : std::vector<uint8_t>()) {}

  void hide(LiveState& state, int32_t position) {
    if (!own) {
      own = visible ? std::make_shared<std::vector<uint8_t>>(*visible) : std::make_shared<std::vector<uint8_t>>(state.base->index->size(), uint8_t{1});
      visible = own;
    }
    (*own)[position] = 0;
    ++state.num_hidden;
  }
  void kill(LiveState& state, int32_t entry) {
    dead[entry] = 1;
    ++state.num_dead;
  }
  void give_to(LiveState& state) {
    state.visible = visible;
    state.dead = std::make_shared<std::vector<uint8_t>>(std::move(dead));
  }

  std::shared_ptr<const std::vector<uint8_t>> visible;
  std::shared_ptr<std::vector<uint8_t>> own;
  std::vector<uint8_t> dead;
};

}  // namespace

LiveItems::LiveItems(LiveBase base, int64_t dim, const LiveItemsOptions& options) : options_(options), delta_(std::make_unique<LiveDelta>(dim)) {
  LiveState state;
  state.base = std::make_shared<LiveBase>(with_index(std::move(base), dim, options));
  state.version = 1;
  publish(std::move(state));
  rebuilding_ = std::make_unique<BackgroundTask>("rebuilding the index of live items", [this] { rebuild(); });
}

LiveItems::~LiveItems() = default;

std::shared_ptr<const LiveSnapshot> LiveItems::snapshot() const {
  std::lock_guard lock(mutex_);
  return current_;
}

void LiveItems::publish(LiveState state) {
  auto next = std::make_shared<const LiveSnapshot>(std::move(state));
  std::lock_guard lock(mutex_);
  current_.swap(next);
}

void LiveItems::put(std::string_view id, std::span<const float> vector) {
  const LiveChange change{std::string(id), {vector.begin(), vector.end()}};
  check(!vector.empty(), ErrorKind::kShape, "item {}: an empty vector", id);
  apply({&change, 1});
}

bool LiveItems::remove(std::string_view id) {
  const LiveChange change{std::string(id)};
  std::lock_guard lock(write_mutex_);
  const auto before = snapshot();
  if (!before->contains(id)) return false;
  publish(changed(before->state(), {&change, 1}));
  if (wants_rebuild(snapshot()->state())) rebuilding_->request();
  return true;
}

void LiveItems::validate(std::span<const LiveChange> changes) const {
  const int64_t dim = snapshot()->dim();
  for (const LiveChange& change : changes) {
    const auto size = static_cast<int64_t>(change.vector.size());
    check(!change.id.empty(), ErrorKind::kUsage, "an item needs an id");
    check(size == 0 || size == dim, ErrorKind::kShape, "item {}: expected a vector of {} numbers, got {}", change.id, dim, size);
    check(all_finite(change.vector.data(), size), ErrorKind::kData, "item {}: its vector holds a NaN or an infinity", change.id);
    const double length = length_of(change.vector);
    check(length <= kLongestVector, ErrorKind::kData, "item {}: its vector has a length of {:.3g}, more than {:.0e} may make scores infinite", change.id, length, kLongestVector);
  }
  check_room(changes);
}

void LiveItems::check_room(std::span<const LiveChange> changes) const {
  const auto now = snapshot();
  const auto num_new = std::count_if(changes.begin(), changes.end(), [&](const LiveChange& change) { return !change.vector.empty() && !now->contains(change.id); });
  check(num_new == 0 || now->size() + num_new <= options_.max_items, ErrorKind::kUsage, "there are {} items and at most {} may be live: remove some first", now->size(),
        options_.max_items);
}

void LiveItems::apply(std::span<const LiveChange> changes) {
  validate(changes);
  apply_valid(changes);
}

void LiveItems::apply_valid(std::span<const LiveChange> changes) {
  std::lock_guard lock(write_mutex_);
  check_room(changes);
  publish(changed(snapshot()->state(), changes));
  if (wants_rebuild(snapshot()->state())) rebuilding_->request();
}

LiveState LiveItems::changed(LiveState state, std::span<const LiveChange> changes) {
  Marks marks(state);
  const bool is_cosine = state.base->index->similarity() == Similarity::kCosine;
  const int64_t dim = state.base->index->dim();
  for (const LiveChange& change : changes) {
    const int32_t entry = delta_->find(change.id);
    if (entry >= 0) {
      if (marks.dead[entry] == 0) marks.kill(state, entry);
    } else {
      const int32_t row = state.base->ids->find(change.id), position = row - kFirstIndex;
      if (row != kUnknownIndex && (!marks.visible || (*marks.visible)[position] != 0)) marks.hide(state, position);
    }
    if (change.vector.empty()) continue;
    delta_->append(change.id, is_cosine ? normalised(change.vector, dim) : change.vector);
    marks.dead.push_back(0);
  }
  state.delta = delta_->view();
  marks.give_to(state);
  ++state.version;
  return state;
}

bool LiveItems::wants_rebuild(const LiveState& state) const {
  const auto least = std::max(options_.smallest_rebuild, static_cast<int64_t>(options_.rebuild_share * static_cast<double>(state.base->index->size())));
  return std::max(state.delta.size(), state.num_hidden) > least;
}

void LiveItems::rebuild() {
  const auto old = snapshot();
  if (!wants_rebuild(old->state())) return;
  set_num_threads(static_cast<int>(options_.rebuild_threads));  // of this thread
  const Origins origins = live_origins(old->state());
  LiveState fresh;
  fresh.base = std::make_shared<LiveBase>(rebuilt(old->state(), origins, options_));

  // What came meanwhile: vectors of the new base that are no longer live, and entries behind those it was made of.
  std::lock_guard lock(write_mutex_);
  const auto now = snapshot();
  const LiveState& state = now->state();
  Marks marks(fresh);
  int32_t position = 0;
  for (const int32_t origin : origins.positions) {
    if (!state.is_visible(origin)) marks.hide(fresh, position);
    ++position;
  }
  for (const int32_t origin : origins.entries) {
    if ((*state.dead)[origin] != 0) marks.hide(fresh, position);
    ++position;
  }
  auto delta = std::make_unique<LiveDelta>(now->dim());
  for (int64_t entry = old->state().delta.size(); entry < state.delta.size(); ++entry) {
    if ((*state.dead)[entry] != 0) continue;
    delta->append(state.delta.id(entry), state.delta.vector(entry));
    marks.dead.push_back(0);
  }
  delta_ = std::move(delta);
  fresh.delta = delta_->view();
  fresh.version = state.version + 1;  // an approximate index may answer otherwise than the old one
  marks.give_to(fresh);
  publish(std::move(fresh));
  std::lock_guard counting(mutex_);
  ++num_rebuilds_;
}

int64_t LiveItems::num_rebuilds() const {
  std::lock_guard lock(mutex_);
  return num_rebuilds_;
}

void LiveItems::wait_idle() { rebuilding_->wait_idle(); }

}  // namespace rechub
