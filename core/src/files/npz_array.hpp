// An array of an .npz archive: a member NAME.npy of a ZIP file (numpy.savez), stored or deflated.
// minizip reads the archive.
#pragma once

#include "files/byte_source.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace widelimit::detail {

class NpzArray final : public ByteSource {
 public:
  /// Throws Error(usage) if the file is no archive, or has no array of this name; then the message
  /// lists the names of those that it has.
  NpzArray(const std::filesystem::path& archive, const std::string& name);
  ~NpzArray() override;

  [[nodiscard]] const std::filesystem::path& path() const noexcept override;
  [[nodiscard]] std::int64_t size() const noexcept override;
  [[nodiscard]] std::size_t read_some(std::int64_t offset, void* to,
                                      std::size_t most) const override;
  /// Throws Error(usage) if the member is damaged or ends too early. Its checksum is compared when
  /// its last byte is read.
  void read(std::int64_t offset, void* to, std::size_t bytes) const override;

 private:
  [[nodiscard]] std::string part() const override;

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace widelimit::detail
