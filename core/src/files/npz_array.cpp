// Reads members of .npz archives. The only file that includes minizip.
#include "files/npz_array.hpp"

#include "base/sizes.hpp"
#include "files/byte_stream.hpp"
#include "files/input_file.hpp"
#include "text/names.hpp"
#include "text/quoting.hpp"

#include <minizip/unzip.h>

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

namespace widelimit::detail {

namespace {

constexpr std::string_view suffix = ".npy";
constexpr std::size_t most_listed = 12;                // names in a message
constexpr unsigned stored = 0, deflated = Z_DEFLATED;  // compression methods (APPNOTE.TXT, 4.4.5)
constexpr unsigned encrypted = 1;                      // a bit of the flags (APPNOTE.TXT, 4.4.4)

// The archive as minizip reads it. Exceptions do not pass through its C code: they wait here.
struct Cursor {
  const InputFile* file = nullptr;
  std::int64_t at = 0;
  bool is_short = false;  // the last read wanted more than there is
  std::exception_ptr failure;
};

Cursor& cursor_of(void* opaque) { return *static_cast<Cursor*>(opaque); }

void* open_cursor(void* opaque, const void*, int) { return opaque; }

unsigned long read_cursor(void* opaque, void*, void* to, unsigned long bytes) {
  Cursor& cursor = cursor_of(opaque);
  try {
    const std::size_t got = cursor.file->read_some(cursor.at, to, bytes);
    cursor.at += static_cast<std::int64_t>(got);
    cursor.is_short = got < bytes;
    return got;
  } catch (...) {
    cursor.failure = std::current_exception();
    return 0;
  }
}

ZPOS64_T tell_cursor(void* opaque, void*) { return static_cast<ZPOS64_T>(cursor_of(opaque).at); }

long seek_cursor(void* opaque, void*, ZPOS64_T offset, int origin) {
  Cursor& cursor = cursor_of(opaque);
  const std::int64_t from = origin == ZLIB_FILEFUNC_SEEK_CUR   ? cursor.at
                            : origin == ZLIB_FILEFUNC_SEEK_END ? cursor.file->size()
                                                               : 0;
  if (offset > static_cast<ZPOS64_T>(cursor.file->size() - std::min(from, cursor.file->size())))
    return -1;
  cursor.at = from + static_cast<std::int64_t>(offset);
  return 0;
}

int close_cursor(void*, void*) { return 0; }
// For minizip, numbers beyond the end of a file would be zeros.
int cursor_error(void* opaque, void*) {
  return cursor_of(opaque).failure || cursor_of(opaque).is_short ? -1 : 0;
}

struct Close {
  void operator()(void* archive) const { ::unzClose(archive); }
};

bool is_array(const std::string& member) {
  return member.size() > suffix.size() && member.ends_with(suffix);
}

std::string listed_arrays(std::vector<std::string> names) {
  const std::size_t all = names.size();
  names.resize(std::min(all, most_listed));
  for (std::string& name : names) name = in_quotes(name);
  return list_text(names) +
         (all > most_listed ? " and " + std::to_string(all - most_listed) + " more" : "");
}

}  // namespace

struct NpzArray::State {
  State(const std::filesystem::path& path, std::string array_name)
      : file(path), name(std::move(array_name)) {}

  InputFile file;
  std::string name;
  Cursor cursor;
  std::unique_ptr<void, Close> archive;
  std::int64_t size = 0;
  std::int64_t at = 0;  // the next byte of the member
  bool is_open = false;

  void open_archive() {
    cursor.file = &file;
    zlib_filefunc64_def functions{};
    functions.zopen64_file = open_cursor;
    functions.zread_file = read_cursor;
    functions.ztell64_file = tell_cursor;
    functions.zseek64_file = seek_cursor;
    functions.zclose_file = close_cursor;
    functions.zerror_file = cursor_error;
    functions.opaque = &cursor;
    archive.reset(::unzOpen2_64(file.path().c_str(), &functions));
    rethrow();
    if (archive) return;
    char first[2] = {};
    if (file.read_some(0, first, sizeof first) == sizeof first && first[0] == 'P' &&
        first[1] == 'K')
      file.refuse(
          "is truncated or damaged: the list of arrays at the end of an .npz archive "
          "cannot be read");
    refuse_other_kind(file, "an .npz archive");
    file.refuse(file.size() == 0 ? "is empty; expected an .npz archive"
                                 : "is not an .npz archive (numpy.savez); it does not begin as a "
                                   "ZIP file does");
  }

  void rethrow() {
    if (cursor.failure) std::rethrow_exception(std::exchange(cursor.failure, nullptr));
  }

  [[nodiscard]] unz_file_info64 info(std::string* member) {
    unz_file_info64 info{};
    int code = ::unzGetCurrentFileInfo64(archive.get(), &info, nullptr, 0, nullptr, 0, nullptr, 0);
    if (code == UNZ_OK && member != nullptr) {
      member->assign(info.size_filename, '\0');
      code = ::unzGetCurrentFileInfo64(archive.get(), &info, member->data(),
                                       static_cast<uLong>(member->size()), nullptr, 0, nullptr, 0);
    }
    rethrow();
    if (code != UNZ_OK) file.refuse("is damaged: its list of arrays cannot be read");
    return info;
  }

  // Makes the member of the array the current one.
  void find() {
    std::vector<std::string> names;
    for (int code = ::unzGoToFirstFile(archive.get()); code != UNZ_END_OF_LIST_OF_FILE;
         code = ::unzGoToNextFile(archive.get())) {
      rethrow();
      if (code != UNZ_OK) file.refuse("is damaged: its list of arrays cannot be read");
      std::string member;
      (void)info(&member);
      if (!is_array(member)) continue;
      if (member == name || member.substr(0, member.size() - suffix.size()) == name) return;
      names.push_back(member.substr(0, member.size() - suffix.size()));
    }
    if (names.empty()) {
      refuse_other_kind(file, "an .npz archive");
      file.refuse("holds no arrays: none of its members is called NAME.npy");
    }
    const std::string guess = did_you_mean(name, names);
    file.refuse("holds no array " + in_quotes(name) + guess + "   (it holds " +
                listed_arrays(std::move(names)) + ")");
  }
};

NpzArray::NpzArray(const std::filesystem::path& archive, const std::string& name)
    : state_(std::make_unique<State>(archive, name)) {
  state_->open_archive();
  state_->find();
  const unz_file_info64 info = state_->info(nullptr);
  if ((info.flag & encrypted) != 0)
    refuse("is encrypted: save it with numpy.savez or numpy.savez_compressed");
  if (info.compression_method != stored && info.compression_method != deflated)
    refuse("is compressed by method " + std::to_string(info.compression_method) +
           " of ZIP: save it with numpy.savez or numpy.savez_compressed");
  const auto held = static_cast<std::uint64_t>(state_->file.size());
  const std::uint64_t most = info.compression_method == stored
                                 ? info.compressed_size
                                 : info.compressed_size * std::uint64_t{best_compression};
  if (info.compressed_size > held || info.uncompressed_size > most)
    refuse("is truncated or damaged: it promises more bytes than the archive can hold");
  state_->size = static_cast<std::int64_t>(info.uncompressed_size);
}

NpzArray::~NpzArray() = default;

const std::filesystem::path& NpzArray::path() const noexcept { return state_->file.path(); }
std::int64_t NpzArray::size() const noexcept { return state_->size; }
std::string NpzArray::part() const { return "array " + in_quotes(state_->name); }

std::size_t NpzArray::read_some(std::int64_t offset, void* to, std::size_t most) const {
  State& s = *state_;
  void* const archive = s.archive.get();
  const auto damaged = [&] {
    s.rethrow();
    refuse("is damaged: its bytes in the archive cannot be read, or differ from their checksum");
  };
  if (!s.is_open || offset < s.at) {
    if (s.is_open) ::unzCloseCurrentFile(archive);
    s.is_open = false;
    if (::unzOpenCurrentFile(archive) != UNZ_OK) damaged();
    s.is_open = true;
    s.at = 0;
  }
  std::vector<char> skipped(
      offset == s.at ? 0 : to_size(std::min<std::int64_t>(offset - s.at, 1 << 18)));
  std::size_t got = 0;
  while (s.at < s.size && (s.at < offset || got < most)) {
    const bool skips = s.at < offset;
    const std::size_t ask = skips ? std::min(skipped.size(), to_size(offset - s.at))
                                  : std::min<std::size_t>(most - got, 1 << 30);
    char* const into = skips ? skipped.data() : static_cast<char*>(to) + got;
    const int n = ::unzReadCurrentFile(archive, into, static_cast<unsigned>(ask));
    s.rethrow();
    if (n < 0) damaged();
    if (n == 0) break;
    s.at += n;
    if (!skips) got += to_size(n);
  }
  if (s.at == s.size) {  // closing compares the checksum
    s.is_open = false;
    if (::unzCloseCurrentFile(archive) != UNZ_OK) damaged();
  }
  return got;
}

void NpzArray::read(std::int64_t offset, void* to, std::size_t bytes) const {
  if (read_some(offset, to, bytes) != bytes)
    refuse("is truncated: the archive promises " + bytes_text(size()) + ", and holds fewer");
}

}  // namespace widelimit::detail
