// Computes positions in the file; writes and reads the header.
#include "store/layout.hpp"

#include <widelimit/error.hpp>

#include "base/sizes.hpp"
#include "files/input_file.hpp"
#include "text/numbers.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

namespace widelimit::detail {

namespace {

static_assert(std::endian::native == std::endian::little, "stores are little-endian");

// As in PNG: a byte that is not text, then line ends, which a transfer in text mode would change.
constexpr std::string_view magic = "\x89WLK\r\n\x1a\n";
constexpr std::uint32_t version = 1;
constexpr std::size_t fixed_bytes = 64, checksum_bytes = sizeof(Checksum);
constexpr std::int64_t page = 4096;
constexpr std::int64_t most_samples = std::int64_t{1} << 40;

constexpr std::int64_t up_to(std::int64_t n, std::int64_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

template <class T>
void append(std::string& to, T value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  to.append(bytes, sizeof value);
}

// Reads numbers and texts from a header.
class Cursor {
 public:
  Cursor(std::string_view bytes, const std::filesystem::path& file) : bytes_(bytes), file_(file) {}
  template <class T>
  T take() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::string_view take(std::size_t count) {
    if (count > bytes_.size()) refuse(file_, "is a store with an impossible header");
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }

 private:
  std::string_view bytes_;
  const std::filesystem::path& file_;
};

std::string header_of(const StoreSpec& spec) {
  std::string origin;
  for (const StorePart& part : spec.origin) {
    append(origin, static_cast<std::uint32_t>(part.name.size()));
    append(origin, static_cast<std::uint32_t>(part.value.size()));
    origin += part.name;
    origin += part.value;
  }
  const auto length = static_cast<std::uint32_t>(
      up_to(static_cast<std::int64_t>(fixed_bytes + origin.size() + checksum_bytes), 64));
  std::string h(magic);
  append(h, version);
  append(h, length);
  append(h, spec.rows);
  append(h, spec.cols);
  append(h, static_cast<std::uint32_t>(spec.tile_side));
  append(h, static_cast<std::uint8_t>(bytes_of(spec.precision)));
  append(h, static_cast<std::uint8_t>((spec.kernels.nngp ? 1 : 0) | (spec.kernels.ntk ? 2 : 0)));
  append(h, static_cast<std::uint8_t>(spec.symmetric ? 1 : 0));
  append(h, std::uint8_t{0});
  append(h, static_cast<std::uint32_t>(spec.origin.size()));
  append(h, static_cast<std::uint32_t>(origin.size()));
  h.resize(fixed_bytes);
  h += origin;
  h.resize(length - checksum_bytes);
  const Checksum sum = checksum(h.data(), h.size(), 0);
  h.append(reinterpret_cast<const char*>(sum.data()), sum.size());
  return h;
}

std::string kernels_text(KernelSet kernels) {
  std::string text;
  for (const Kernel k : all_kernels)
    if (kernels[k]) text.append(text.empty() ? "" : " and ").append(name_of(k));
  return text;
}

}  // namespace

Layout::Layout(StoreSpec spec)
    : spec_(std::move(spec)),
      down_((spec_.rows + side() - 1) / side()),
      across_((spec_.cols + side() - 1) / side()),
      tiles_(spec_.symmetric ? down_ * (down_ + 1) / 2 : down_ * across_),
      kernel_bytes_(side() * side() * static_cast<std::int64_t>(bytes_of(spec_.precision))),
      tile_bytes_(kernel_bytes_ * spec_.kernels.count()),
      data_offset_(0),
      header_(header_of(spec_)) {
  data_offset_ = up_to(table_end(), page);
}

TileIndices Layout::indices(std::int64_t index) const noexcept {
  if (!spec_.symmetric) return {index / across_, index % across_};
  auto across =
      static_cast<std::int64_t>((std::sqrt(8.0 * static_cast<double>(index) + 1) - 1) / 2);
  while (across * (across + 1) / 2 > index) --across;
  while ((across + 1) * (across + 2) / 2 <= index) ++across;
  return {index - across * (across + 1) / 2, across};
}

std::int64_t Layout::rows_of(TileIndices t) const noexcept {
  return std::min(side(), spec_.rows - t.down * side());
}
std::int64_t Layout::cols_of(TileIndices t) const noexcept {
  return std::min(side(), spec_.cols - t.across * side());
}

Checksum Layout::tile_checksum(std::int64_t tile, const void* data) const {
  return checksum(data, to_size(tile_bytes_), static_cast<std::uint64_t>(tile) + 1);
}

std::string Layout::name(std::int64_t tile) const {
  const TileIndices t = indices(tile);
  const std::int64_t row = t.down * side(), col = t.across * side();
  return "tile " + std::to_string(t.down) + ", " + std::to_string(t.across) + " (rows " +
         std::to_string(row) + " to " + std::to_string(row + rows_of(t) - 1) + ", columns " +
         std::to_string(col) + " to " + std::to_string(col + cols_of(t) - 1) + ")";
}

void require_valid(const StoreSpec& s, const std::filesystem::path& file) {
  const auto wrong = [&](const std::string& what) { refuse(file, "a store cannot have " + what); };
  if (s.rows < 1 || s.cols < 1 || s.rows > most_samples || s.cols > most_samples)
    wrong("the shape " + shape_text(s.rows, s.cols));
  if (s.symmetric && s.rows != s.cols)
    wrong("the shape " + shape_text(s.rows, s.cols) + " and be symmetric");
  if (s.tile_side < 8 || s.tile_side > 4096 ||
      !std::has_single_bit(static_cast<std::uint64_t>(s.tile_side)))
    wrong("tiles of side " + std::to_string(s.tile_side) + "; expected a power of two, 8 to 4096");
  if (!s.kernels.any()) wrong("neither of the two kernels");
  const double side = static_cast<double>(s.tile_side);
  const double entries =
      (static_cast<double>(s.rows) + side) * (static_cast<double>(s.cols) + side);
  if (entries > 0x1p58)
    wrong("the shape " + shape_text(s.rows, s.cols) + ": it would be too large for any disk");
  std::size_t text = fixed_bytes;
  for (const StorePart& part : s.origin) text += part.name.size() + part.value.size() + 8;
  if (text > to_size(largest_header / 2)) wrong("an origin of " + std::to_string(text) + " bytes");
}

std::int64_t header_length(std::string_view begin, const std::filesystem::path& file) {
  if (begin.size() < smallest_header || begin.substr(0, magic.size()) != magic)
    refuse(file, begin.substr(0, magic.size()) == magic.substr(0, begin.size())
                     ? "is a store that is truncated within its header; remove it to begin again"
                     : "is not a store of kernels, or its first bytes are damaged");
  Cursor at(begin.substr(magic.size()), file);
  const auto found = at.take<std::uint32_t>();
  if (found != version)
    refuse(file, "is a store of version " + std::to_string(found) +
                     ", this release reads version " + std::to_string(version) +
                     "; use the release that wrote it, or remove it");
  const std::int64_t length = at.take<std::uint32_t>();
  if (length < smallest_header || length > largest_header || length % 64 != 0)
    refuse(file, "is a store with a damaged header: it cannot be " + bytes_text(length) + " long");
  return length;
}

StoreSpec read_header(std::string_view h, const std::filesystem::path& file) {
  if (header_length(h, file) != static_cast<std::int64_t>(h.size()))
    refuse(file, "is a store that is truncated within its header; remove it to begin again");
  const std::string_view covered = h.substr(0, h.size() - checksum_bytes);
  const Checksum sum = checksum(covered.data(), covered.size(), 0);
  if (std::memcmp(sum.data(), h.data() + covered.size(), sum.size()) != 0)
    refuse(file,
           "is a store with a damaged header: its checksum does not match. The experiment that "
           "made it can repair it when it is resumed; else remove it",
           Remedy::resume);
  Cursor at(covered.substr(magic.size() + 8), file);
  StoreSpec s;
  s.rows = at.take<std::int64_t>();
  s.cols = at.take<std::int64_t>();
  s.tile_side = at.take<std::uint32_t>();
  s.precision = at.take<std::uint8_t>() == 4 ? Precision::float32 : Precision::float64;
  const auto kernels = at.take<std::uint8_t>();
  s.kernels = {(kernels & 1) != 0, (kernels & 2) != 0};
  s.symmetric = at.take<std::uint8_t>() != 0;
  static_cast<void>(at.take<std::uint8_t>());
  const auto parts = at.take<std::uint32_t>();
  static_cast<void>(at.take<std::uint32_t>());
  Cursor origin(covered.substr(fixed_bytes), file);
  for (std::uint32_t i = 0; i < parts; ++i) {
    const auto name = origin.take<std::uint32_t>(), value = origin.take<std::uint32_t>();
    StorePart part;
    part.name = origin.take(name);
    part.value = origin.take(value);
    s.origin.push_back(std::move(part));
  }
  require_valid(s, file);
  if (header_of(s) != h) refuse(file, "is a store with an impossible header");
  return s;
}

bool is_damaged_copy(std::string_view found, std::string_view expected) {
  if (found.size() != expected.size()) return false;
  const std::size_t covered = expected.size() - checksum_bytes;
  return found.substr(covered) == expected.substr(covered) ||
         found.substr(0, covered) == expected.substr(0, covered);
}

std::vector<std::string> differences(const StoreSpec& stored, const StoreSpec& requested) {
  std::vector<std::string> all;
  const auto differ = [&](const std::string& what, const std::string& was, const std::string& is) {
    if (was != is) all.push_back(what + ": " + was + " in the store, now " + is);
  };
  const auto precision = [](const StoreSpec& s) {
    return s.precision == Precision::float32 ? "float32" : "float64";
  };
  const auto pairs = [](const StoreSpec& s) {
    return s.symmetric ? "of a set of samples with itself" : "of two sets of samples";
  };
  differ("precision", precision(stored), precision(requested));
  differ("kernels", kernels_text(stored.kernels), kernels_text(requested.kernels));
  differ("samples", shape_text(stored.rows, stored.cols),
         shape_text(requested.rows, requested.cols));
  differ("pairs", pairs(stored), pairs(requested));
  differ("side of tiles", std::to_string(stored.tile_side), std::to_string(requested.tile_side));
  const auto find = [](const StoreOrigin& origin, const std::string& name) {
    return std::find_if(origin.begin(), origin.end(),
                        [&](const StorePart& p) { return p.name == name; });
  };
  for (const StorePart& part : stored.origin) {
    const auto now = find(requested.origin, part.name);
    differ(part.name, part.value, now == requested.origin.end() ? "not there" : now->value);
  }
  for (const StorePart& part : requested.origin)
    if (find(stored.origin, part.name) == stored.origin.end())
      differ(part.name, "not there", part.value);
  if (all.empty() && stored.origin != requested.origin) all.push_back("the order of layers");
  return all;
}

}  // namespace widelimit::detail
