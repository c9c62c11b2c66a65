// The .dynsym of an ELF64 shared library (System V gABI 4.1, chapter 4). The only file that knows
// libelf, which checks every offset of a damaged file before it follows it.
#include "elf.hpp"

#include "common/sizes.hpp"

#include <cxxabi.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace widelimit::conformance {
namespace {

class File {
 public:
  explicit File(const std::filesystem::path& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0) throw ElfError(std::string("cannot be read: ") + std::strerror(errno));
  }
  ~File() { ::close(fd_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int descriptor() const { return fd_; }

 private:
  int fd_;
};

using ElfHandle = std::unique_ptr<Elf, decltype(&elf_end)>;

[[noreturn]] void refuse_damaged() {
  throw ElfError(std::string("the ELF file is damaged: ") + elf_errmsg(-1));
}

/// The first bytes of a file that is no library, so that its owner recognises it.
std::string first_words(const File& file) {
  std::array<unsigned char, 24> bytes{};
  const ssize_t count = ::pread(file.descriptor(), bytes.data(), bytes.size(), 0);
  std::string words;
  for (ssize_t i = 0; i < count; ++i) {
    const unsigned char byte = bytes[to_size(i)];
    words += std::isprint(byte) != 0 ? static_cast<char>(byte) : '.';
  }
  return words;
}

ElfHandle open_library(const File& file) {
  elf_version(EV_CURRENT);
  // Not through a memory map, where a file that is cut off meanwhile is a crash.
  ElfHandle elf(elf_begin(file.descriptor(), ELF_C_READ, nullptr), &elf_end);
  if (!elf) refuse_damaged();
  if (elf_kind(elf.get()) != ELF_K_ELF) {
    const std::string words = first_words(file);
    if (words.empty()) throw ElfError("the file is empty; a plugin is an ELF shared library");
    throw ElfError("not a shared library: the file begins with \"" + words +
                   "\"; a plugin is an ELF shared library");
  }
  GElf_Ehdr header;
  if (gelf_getehdr(elf.get(), &header) == nullptr) refuse_damaged();
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB)
    throw ElfError("a library for another machine: this program loads 64-bit little-endian ones");
  if (header.e_type != ET_DYN)
    throw ElfError("an ELF file, but not a shared library: link it with -shared");
  std::size_t sections = 0;
  if (elf_getshdrnum(elf.get(), &sections) != 0) refuse_damaged();
  if (sections == 0)
    throw ElfError("the library has no section table (over-stripped?), so its symbols are unknown");
  return elf;
}

bool is_exported(const GElf_Sym& symbol) {
  const auto binding = GELF_ST_BIND(symbol.st_info);
  const auto visibility = GELF_ST_VISIBILITY(symbol.st_other);
  return symbol.st_shndx != SHN_UNDEF && symbol.st_shndx != SHN_ABS &&
         (binding == STB_GLOBAL || binding == STB_WEAK || binding == STB_GNU_UNIQUE) &&
         (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

/// The exported ones of a section of symbols, whose names are in the section `names`.
std::vector<Export> exports_of(Elf* elf, Elf_Scn* section, std::size_t names) {
  // Longer names are cut, or a small damaged file could ask for a great deal of memory.
  constexpr std::size_t longest = 4096;
  Elf_Data* const data = elf_getdata(section, nullptr);
  if (data == nullptr) refuse_damaged();
  std::vector<Export> exports;
  GElf_Sym symbol;
  for (int i = 0; gelf_getsym(data, i, &symbol) != nullptr; ++i) {
    if (!is_exported(symbol)) continue;
    const char* const name = elf_strptr(elf, names, symbol.st_name);
    if (name == nullptr) refuse_damaged();
    exports.push_back({std::string(name, ::strnlen(name, longest)),
                       GELF_ST_BIND(symbol.st_info) == STB_GNU_UNIQUE});
  }
  return exports;
}

}  // namespace

std::vector<Export> exported_symbols(const std::filesystem::path& path) {
  const File file(path);
  const ElfHandle elf = open_library(file);
  Elf_Scn* section = nullptr;
  while ((section = elf_nextscn(elf.get(), section)) != nullptr) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) refuse_damaged();
    if (header.sh_type == SHT_DYNSYM) return exports_of(elf.get(), section, header.sh_link);
  }
  return {};
}

std::string demangled(const std::string& symbol) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 && symbol.starts_with("_Z") ? std::string(name.get()) : symbol;
}

}  // namespace widelimit::conformance
