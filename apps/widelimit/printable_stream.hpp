// What the program prints, made harmless to a terminal: names and texts of files, plugins and
// arguments are parts of it.
// Thread safety: as that of the stream.
#pragma once

#include <ostream>
#include <streambuf>
#include <string>

namespace widelimit::program {

/// While it lives, everything that is written to the stream passes through printable().
class PrintableStream final : private std::streambuf {
 public:
  explicit PrintableStream(std::ostream& stream);
  ~PrintableStream() override;
  PrintableStream(const PrintableStream&) = delete;
  PrintableStream& operator=(const PrintableStream&) = delete;

 private:
  int_type overflow(int_type character) override;
  std::streamsize xsputn(const char* text, std::streamsize length) override;
  int sync() override;
  /// Writes what is pending, but for the beginning of a character that is not complete.
  [[nodiscard]] bool write(bool all);

  std::ostream& stream_;
  std::streambuf* const target_;
  std::string pending_;
};

}  // namespace widelimit::program
