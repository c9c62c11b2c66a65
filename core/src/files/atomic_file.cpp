// A file that has a temporary name in its final folder until it is complete.
#include <widelimit/experiment/files.hpp>

#include "files/new_file.hpp"

#include <cstring>
#include <utility>

namespace widelimit {

namespace {

constexpr std::size_t buffer_bytes = 1 << 18;

}  // namespace

struct AtomicFile::State {
  explicit State(std::filesystem::path path) : file(std::move(path)) {
    buffer.reserve(buffer_bytes);
  }
  detail::NewFile file;
  std::string buffer;
  std::int64_t written = 0;

  void flush() {
    file.write_at(written, buffer.data(), buffer.size());
    written += static_cast<std::int64_t>(buffer.size());
    buffer.clear();
  }
};

AtomicFile::AtomicFile(std::filesystem::path file)
    : state_(std::make_unique<State>(std::move(file))) {}

AtomicFile::~AtomicFile() = default;

void AtomicFile::write(std::string_view bytes) {
  State& s = *state_;
  if (s.buffer.size() + bytes.size() > buffer_bytes) s.flush();
  if (bytes.size() < buffer_bytes) {
    s.buffer += bytes;
    return;
  }
  s.file.write_at(s.written, bytes.data(), bytes.size());
  s.written += static_cast<std::int64_t>(bytes.size());
}

void AtomicFile::write(const void* data, std::size_t bytes) {
  write(std::string_view(static_cast<const char*>(data), bytes));
}

void AtomicFile::commit() {
  state_->flush();
  state_->file.commit();
}

void write_file(const std::filesystem::path& file, std::string_view text) {
  AtomicFile out(file);
  out.write(text);
  out.commit();
}

}  // namespace widelimit
