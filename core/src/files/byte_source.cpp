// Messages about files and their parts.
#include "files/byte_source.hpp"

#include "files/input_file.hpp"
#include "text/file_kind.hpp"

namespace widelimit::detail {

std::string ByteSource::name() const {
  return part().empty() ? '"' + path().string() + '"' : part();
}

void ByteSource::refuse(const std::string& message) const {
  detail::refuse(path(), part().empty() ? message : part() + ": " + message);
}

void refuse_other_kind(const ByteSource& bytes, std::string_view expected) {
  std::string beginning(kind_bytes, '\0');
  beginning.resize(bytes.read_some(0, beginning.data(), beginning.size()));
  if (const std::string message = other_kind(beginning, expected); !message.empty())
    bytes.refuse(message);
}

}  // namespace widelimit::detail
