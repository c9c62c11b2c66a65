// Builds a schedule from demands: trips, their order, and the memory of each field.
#include "engine/spatial/schedule.hpp"

#include "base/sizes.hpp"
#include "engine/spatial/demands.hpp"
#include "engine/spatial/memory_slots.hpp"
#include "engine/spatial/window_map.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

namespace widelimit::detail {

namespace {

constexpr bool is_zero(const Axes& d) { return d == Axes{}; }

class Scheduler {
 public:
  Scheduler(const SpatialProgram& program, Purpose purpose, std::int64_t trip_sites)
      : program_(program), demands_(program, purpose), trip_sites_(trip_sites) {
    result_.levels.resize(to_size(program.levels));
    number_fields();
    link_fields();
    link_gathers();
    for (int level = 0; level < program.levels; ++level) build_level(level);
    if (purpose != Purpose::variances) result_.result = field(program.result.op, {});
  }

  Schedule take() { return std::move(result_); }

 private:
  [[nodiscard]] const FieldOp& op(std::int32_t index) const { return program_.ops[to_size(index)]; }
  [[nodiscard]] const FieldOp& op_of(std::int32_t field) const {
    return op(result_.fields[to_size(field)].op);
  }
  [[nodiscard]] std::int32_t field(int op_index, const Axes& d) const {
    const auto at = to_size(op_index);
    return id_[at][to_size(program_.ops[at].image.index_of(d))];
  }

  // Fields of an operation are kept if an operation of a later level reads them.
  [[nodiscard]] std::vector<bool> kept_ops() const {
    std::vector<bool> kept(program_.ops.size());
    for (std::size_t i = 0; i < program_.ops.size(); ++i) {
      const FieldOp& o = program_.ops[i];
      if (!o.in_trip()) {
        kept[i] = true;
        continue;
      }
      for (const FieldOperand& in : o.inputs)
        if (op(in.op).level < o.level) kept[to_size(in.op)] = true;
    }
    kept[to_size(program_.result.op)] = true;
    return kept;
  }

  void number_fields() {
    const std::vector<bool> kept = kept_ops();
    id_.resize(program_.ops.size());
    for (std::size_t i = 0; i < program_.ops.size(); ++i) {
      const Image& image = program_.ops[i].image;
      id_[i].assign(to_size(image.displacements()), -1);
      result_.first.push_back(static_cast<std::int32_t>(result_.fields.size()));
      for (const Axes& d : demands_.displacements_of(i)) {
        id_[i][to_size(image.index_of(d))] = static_cast<std::int32_t>(result_.fields.size());
        result_.fields.push_back({static_cast<std::int32_t>(i), d, kept[i], result_.kept_sites});
        if (kept[i]) result_.kept_sites += Domain(image, d).sites();
      }
    }
    result_.first.push_back(static_cast<std::int32_t>(result_.fields.size()));
  }

  // Lists the inputs of every field that is computed in a trip.
  void link_fields() {
    links_.assign(result_.fields.size(), -1);
    std::vector<Axes> read;
    for (std::size_t f = 0; f < result_.fields.size(); ++f) {
      const Schedule::Field& at = result_.fields[f];
      const FieldOp& o = op(at.op);
      if (!o.in_trip()) continue;
      links_[f] = static_cast<std::int32_t>(result_.numbers.size());
      for (std::size_t i = 0; i < o.inputs.size(); ++i) {
        demands_.find_inputs(to_size(at.op), i, at.d, read);
        result_.numbers.push_back(static_cast<std::int32_t>(read.size()));
        for (const Axes& d : read) result_.numbers.push_back(field(o.inputs[i].op, d));
        if (!is_identity(o.inputs[i].pending)) reserve_for_window(o.inputs[i], o.image, at.d);
      }
    }
  }

  void reserve_for_window(const FieldOperand& in, const Image& output, const Axes& d) {
    const Image& image = op(in.op).image;
    const Domain reach = reach_of(in.pending, image, d, Domain(output, d));
    for (const std::int32_t e : reach.extent)
      result_.longest_row = std::max<std::int64_t>(result_.longest_row, e);
    if (in.pending.circular != 0)
      result_.wrapped_sites = std::max(result_.wrapped_sites, reach.sites());
  }

  /// A field, the gather of the level that reads it, and an output field of that gather.
  struct Feed {
    std::int32_t field, gather, output;
  };
  [[nodiscard]] std::int32_t end_of_feeds(std::int32_t f) const {
    return first_feed_[to_size(f) + 1];
  }
  [[nodiscard]] bool has_feeds(std::int32_t f) const {
    return first_feed_[to_size(f)] < end_of_feeds(f);
  }

  // Lists the gathers that read every field.
  void link_gathers() {
    std::vector<Axes> read;
    for (std::size_t i = 0; i < program_.ops.size(); ++i) {
      const FieldOp& o = program_.ops[i];
      if (o.in_trip() || result_.displacements(i) == 0) continue;
      Schedule::Level& level = result_.levels[to_size(o.level - 1)];
      const auto gather = static_cast<std::int32_t>(level.gathers.size());
      level.gathers.push_back({static_cast<std::int32_t>(i), result_.first[i],
                               static_cast<std::int32_t>(result_.displacements(i))});
      // A gathering layer may skip levels: it accumulates where its input is computed.
      for (std::int32_t out = result_.first[i]; out < result_.first[i + 1]; ++out) {
        demands_.find_inputs(i, 0, result_.fields[to_size(out)].d, read);
        for (const Axes& d : read) feeds_.push_back({field(o.inputs.front().op, d), gather, out});
      }
    }
    std::stable_sort(feeds_.begin(), feeds_.end(),
                     [](const Feed& a, const Feed& b) { return a.field < b.field; });
    first_feed_.assign(result_.fields.size() + 1, 0);
    for (const Feed& f : feeds_) ++first_feed_[to_size(f.field) + 1];
    std::partial_sum(first_feed_.begin(), first_feed_.end(), first_feed_.begin());
  }

  // ---- trips ----

  /// The tables of a trip, by image and displacement.
  using Tables = std::map<std::pair<std::size_t, Axes>, std::int32_t>;

  std::int32_t root(std::int32_t f) {
    while (parent_[to_size(f)] != f)
      f = parent_[to_size(f)] = parent_[to_size(parent_[to_size(f)])];
    return f;
  }
  void join(std::int32_t a, std::int32_t b) {
    a = root(a);
    b = root(b);
    parent_[to_size(std::max(a, b))] = std::min(a, b);
  }

  // Calls f(input, field) for every field that a field reads.
  template <class F>
  void for_each_link(std::int32_t f, F&& use) const {
    std::int32_t at = links_[to_size(f)];
    if (at < 0) return;
    for (std::size_t i = 0; i < op_of(f).inputs.size(); ++i) {
      const std::int32_t n = result_.numbers[to_size(at++)];
      for (std::int32_t j = 0; j < n; ++j) use(i, result_.numbers[to_size(at++)]);
    }
  }

  // Returns the fields of a level in order, and joins those that depend on one another.
  std::vector<std::int32_t> join_fields(int level) {
    std::vector<std::int32_t> members;
    for (std::size_t i = 0; i < program_.ops.size(); ++i) {
      if (program_.ops[i].level != level) continue;
      for (std::int32_t f = result_.first[i]; f < result_.first[i + 1]; ++f)
        if (program_.ops[i].in_trip() || has_feeds(f)) members.push_back(f);
    }
    parent_.resize(result_.fields.size());
    std::iota(parent_.begin(), parent_.end(), 0);
    std::int32_t zero = -1;
    for (const std::int32_t f : members) {
      if (is_zero(result_.fields[to_size(f)].d)) {
        if (zero >= 0) join(zero, f);
        zero = f;
      }
      for_each_link(f, [&](std::size_t, std::int32_t in) {
        if (op_of(in).level == level && op_of(in).in_trip()) join(f, in);
      });
    }
    return members;
  }

  // The closure with displacement 0 comes first: samples with themselves are normalised by it.
  std::vector<std::vector<std::int32_t>> closures_of(int level) {
    std::vector<std::vector<std::int32_t>> closures;
    std::vector<std::int32_t> number(result_.fields.size(), -1);  // of the closure with this root
    std::size_t zero = 0;
    for (const std::int32_t f : join_fields(level)) {
      std::int32_t& n = number[to_size(root(f))];
      if (n < 0) {
        n = static_cast<std::int32_t>(closures.size());
        closures.emplace_back();
      }
      closures[to_size(n)].push_back(f);
      if (is_zero(result_.fields[to_size(f)].d)) zero = to_size(n);
    }
    if (!closures.empty()) {
      const auto at = closures.begin() + static_cast<std::ptrdiff_t>(zero);
      std::rotate(closures.begin(), at, at + 1);
      put_zero_first(closures.front());
    }
    return closures;
  }

  void build_level(int level) {
    const auto closures = closures_of(level);
    std::vector<std::int64_t> sites;
    for (const auto& fields : closures) {
      std::int64_t total = assign_memory(fields);
      for (const std::int32_t f : fields)
        if (result_.fields[to_size(f)].kept) total += sites_of(f);
      sites.push_back(total);
    }
    // Variances and site terms are larger than fields and come from outer caches. Several closures
    // in one trip load them once, so a trip has as many closures as fit in the second-level cache.
    // Within an operation closures keep their order, so the order in which gathering layers add
    // does not depend on how closures are grouped.
    std::vector<std::int32_t> trip;
    std::int64_t trip_total = 0;
    for (std::size_t i = 0; const auto& fields : closures) {
      if (!trip.empty() && trip_total + sites[i] > trip_sites_) {
        add_trip(level, trip);
        trip.clear();
        trip_total = 0;
      }
      trip.insert(trip.end(), fields.begin(), fields.end());
      trip_total += sites[i++];
    }
    if (!trip.empty()) add_trip(level, trip);
  }

  // The index in its trip of the task that reads a field last; its memory is free after that.
  std::size_t& last_read(std::int32_t f) { return last_read_[to_size(f)]; }

  [[nodiscard]] std::int64_t sites_of(std::int32_t f) const {
    return Domain(op_of(f).image, result_.fields[to_size(f)].d).sites();
  }

  // Sorts a closure by operation, which is the order of dependence, with displacement 0 first
  // within an operation.
  void put_zero_first(std::vector<std::int32_t>& closure) const {
    std::stable_sort(closure.begin(), closure.end(), [&](std::int32_t a, std::int32_t b) {
      const Schedule::Field &x = result_.fields[to_size(a)], &y = result_.fields[to_size(b)];
      return x.op != y.op ? x.op < y.op : is_zero(x.d) && !is_zero(y.d);
    });
  }

  // Assigns memory to the fields of a trip that are not kept. Returns the number of sites needed.
  std::int64_t assign_memory(const std::vector<std::int32_t>& trip) {
    last_read_.resize(result_.fields.size());
    for (std::size_t t = 0; t < trip.size(); ++t) {
      last_read(trip[t]) = t;
      for_each_link(trip[t], [&](std::size_t, std::int32_t in) { last_read(in) = t; });
    }
    MemorySlots slots;
    for (std::size_t t = 0; t < trip.size(); ++t) {
      const std::int32_t f = trip[t];
      Schedule::Field& at = result_.fields[to_size(f)];
      if (!at.kept) {
        const std::int32_t over = overwritable_input(f, t);
        at.storage = over >= 0 ? result_.fields[to_size(over)].storage : slots.claim(sites_of(f));
        if (over >= 0) last_read(over) = std::numeric_limits<std::size_t>::max();
      }
      const auto release = [&](std::int32_t g) {
        const Schedule::Field& x = result_.fields[to_size(g)];
        if (!x.kept && last_read(g) == t) slots.release(x.storage);
      };
      for_each_link(f, [&](std::size_t, std::int32_t in) { release(in); });
      release(f);
    }
    return slots.end();
  }

  // `trip`: the fields of its closures, closure by closure.
  void add_trip(int level, std::vector<std::int32_t>& trip) {
    std::stable_sort(trip.begin(), trip.end(), [&](std::int32_t a, std::int32_t b) {
      return result_.fields[to_size(a)].op < result_.fields[to_size(b)].op;
    });
    result_.shared_sites = std::max(result_.shared_sites, assign_memory(trip));
    Tables tables;
    const auto begin = static_cast<std::int32_t>(result_.tasks.size());
    for (const std::int32_t f : trip)
      result_.tasks.push_back({f, links_[to_size(f)], list_feeds(f), table_of(f, tables)});
    result_.levels[to_size(level)].trips.push_back(
        {begin, static_cast<std::int32_t>(result_.tasks.size())});
  }

  // The table for fields of this image and displacement; -1: none, no variances of sites are read.
  std::int32_t table_of(std::int32_t f, Tables& tables) {
    const FieldOp& o = op_of(f);
    if (o.variances < 0 || o.site_mean) return -1;
    const auto same =
        std::find_if(images_.begin(), images_.end(), [&](const Image& i) { return i == o.image; });
    const auto number = to_size(same - images_.begin());
    if (same == images_.end()) images_.push_back(o.image);
    const auto table = tables.try_emplace({number, result_.fields[to_size(f)].d},
                                          static_cast<std::int32_t>(tables.size()));
    if (result_.tables.size() < tables.size()) result_.tables.push_back(0);
    std::int64_t& sites = result_.tables[to_size(table.first->second)];
    sites = std::max(sites, sites_of(f));
    return table.first->second;
  }

  // The input that a pointwise layer may overwrite because no later task reads it; -1: none.
  [[nodiscard]] std::int32_t overwritable_input(std::int32_t f, std::size_t task) {
    const FieldOp& o = op_of(f);
    if (o.kind != FieldOp::Kind::transform || !is_point_map(o.inputs.front().pending)) return -1;
    std::int32_t over = -1;
    int reads = 0;
    for_each_link(f, [&](std::size_t input, std::int32_t in) {
      if (input == 0) over = in;
    });
    for_each_link(f, [&](std::size_t, std::int32_t in) { reads += in == over ? 1 : 0; });
    const Schedule::Field& x = result_.fields[to_size(over)];
    // All fields of the data share one NTK of zeros, which must not be overwritten.
    const bool allowed =
        reads == 1 && !x.kept && last_read(over) == task && op(x.op).kind != FieldOp::Kind::data;
    return allowed ? over : -1;
  }

  std::int32_t list_feeds(std::int32_t f) {
    const auto at = static_cast<std::int32_t>(result_.numbers.size());
    result_.numbers.push_back(0);
    std::int32_t last = -1;
    std::size_t count = 0;  // position of the count of the last gathering layer
    for (std::int32_t i = first_feed_[to_size(f)]; i < end_of_feeds(f); ++i) {
      const Feed& feed = feeds_[to_size(i)];
      if (feed.gather != last) {
        ++result_.numbers[to_size(at)];
        last = feed.gather;
        result_.numbers.push_back(last);
        count = result_.numbers.size();
        result_.numbers.push_back(0);
      }
      ++result_.numbers[count];
      result_.numbers.push_back(feed.output);
    }
    return at;
  }

  const SpatialProgram& program_;
  Demands demands_;
  std::int64_t trip_sites_;
  Schedule result_;
  std::vector<std::vector<std::int32_t>> id_;  // [operation][index of displacement]
  std::vector<std::int32_t> links_;            // index into `numbers` for every field; -1: gather
  std::vector<Feed> feeds_;                    // by field, then gathering layer
  std::vector<std::int32_t> first_feed_;       // of every field, then the end
  std::vector<std::size_t> last_read_;
  std::vector<std::int32_t> parent_;
  std::vector<Image> images_;  // without duplicates
};

}  // namespace

std::int64_t sites_in_cache() noexcept {
  static const std::int64_t cache = [] {
    constexpr std::int64_t least = 512 << 10, common = 1 << 20, most = 2 << 20;
    const long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);  // 0 or -1: unknown
    return bytes > 0 ? std::clamp<std::int64_t>(bytes, least, most) : common;
  }();
  return cache / 2 / (2 * bundle_lanes * static_cast<std::int64_t>(sizeof(float)));
}

Schedule make_schedule(const SpatialProgram& program, Purpose purpose, std::int64_t trip_sites) {
  return Scheduler(program, purpose, trip_sites).take();
}

}  // namespace widelimit::detail
