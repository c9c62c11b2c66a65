// The .dynsym of an ELF64 shared library (System V gABI 4.1, chapter 4), every offset checked
// against the size of the file before it is followed.
#include "elf.hpp"

#include <cxxabi.h>
#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace widelimit::conformance {
namespace {

using Bytes = std::span<const std::byte>;

[[noreturn]] void broken(const std::string& what) {
  throw ElfError("the ELF file is damaged: " + what);
}

Bytes slice(Bytes file, std::uint64_t offset, std::uint64_t size, const char* what) {
  if (offset > file.size() || size > file.size() - offset)
    broken(std::string(what) + " lies outside the file");
  return file.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
}

template <class T>
T read(Bytes from, std::uint64_t index, const char* what) {
  T value;
  if (index > from.size() / sizeof(T)) broken(std::string(what) + " lies outside the file");
  const Bytes bytes = slice(from, index * sizeof(T), sizeof(T), what);
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

/// The first bytes of a file that is no library, so that its owner recognises it.
std::string first_words(Bytes file) {
  std::string words;
  for (const std::byte b : file.first(std::min<std::size_t>(file.size(), 24))) {
    const auto c = static_cast<unsigned char>(b);
    words += std::isprint(c) != 0 ? static_cast<char>(c) : '.';
  }
  return words;
}

void check_header(Bytes file) {
  if (file.empty()) throw ElfError("the file is empty; a plugin is an ELF shared library");
  if (file.size() < SELFMAG || std::memcmp(file.data(), ELFMAG, SELFMAG) != 0)
    throw ElfError("not a shared library: the file begins with \"" + first_words(file) +
                   "\"; a plugin is an ELF shared library");
  if (file.size() < sizeof(Elf64_Ehdr)) broken("shorter than its header");
  const auto header = read<Elf64_Ehdr>(file, 0, "the header");
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB)
    throw ElfError("a library for another machine: this program loads 64-bit little-endian ones");
  if (header.e_type != ET_DYN)
    throw ElfError("an ELF file, but not a shared library: link it with -shared");
}

std::string name_at(Bytes strings, std::uint64_t offset) {
  if (offset >= strings.size()) broken("the name of a symbol lies outside its table");
  // Longer names are cut, or a small damaged file could ask for a great deal of memory.
  constexpr std::size_t longest = 4096;
  const Bytes tail = strings.subspan(static_cast<std::size_t>(offset));
  const Bytes rest = tail.first(std::min(tail.size(), longest));
  const auto end = std::find(rest.begin(), rest.end(), std::byte{0});
  return {reinterpret_cast<const char*>(rest.data()), static_cast<std::size_t>(end - rest.begin())};
}

bool is_exported(const Elf64_Sym& symbol) {
  const auto binding = ELF64_ST_BIND(symbol.st_info);
  const auto visibility = ELF64_ST_VISIBILITY(symbol.st_other);
  return symbol.st_shndx != SHN_UNDEF && symbol.st_shndx != SHN_ABS &&
         (binding == STB_GLOBAL || binding == STB_WEAK || binding == STB_GNU_UNIQUE) &&
         (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

}  // namespace

std::vector<Export> exported_symbols(Bytes file) {
  check_header(file);
  const auto header = read<Elf64_Ehdr>(file, 0, "the header");
  if (header.e_shoff == 0 || header.e_shentsize != sizeof(Elf64_Shdr))
    throw ElfError("the library has no section table (over-stripped?), so its symbols are unknown");
  const Bytes sections =
      slice(file, header.e_shoff, std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr),
            "the section table");
  for (std::uint64_t i = 0; i < header.e_shnum; ++i) {
    const auto section = read<Elf64_Shdr>(sections, i, "a section");
    if (section.sh_type != SHT_DYNSYM) continue;
    const auto names = read<Elf64_Shdr>(sections, section.sh_link, "the table of names");
    const Bytes symbols = slice(file, section.sh_offset, section.sh_size, "the symbol table");
    const Bytes strings = slice(file, names.sh_offset, names.sh_size, "the table of names");
    std::vector<Export> exports;
    for (std::uint64_t s = 0; s < symbols.size() / sizeof(Elf64_Sym); ++s) {
      const auto symbol = read<Elf64_Sym>(symbols, s, "a symbol");
      if (is_exported(symbol))
        exports.push_back(
            {name_at(strings, symbol.st_name), ELF64_ST_BIND(symbol.st_info) == STB_GNU_UNIQUE});
    }
    return exports;
  }
  return {};
}

std::vector<Export> exported_symbols(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw ElfError(std::string("cannot be read: ") + std::strerror(errno));
  struct stat info {};
  ::fstat(fd, &info);
  const auto size = static_cast<std::size_t>(info.st_size);
  void* map = size == 0 ? nullptr : ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  ::close(fd);
  if (map == MAP_FAILED) throw ElfError(std::string("cannot be read: ") + std::strerror(errno));
  const auto unmap = [size](void* p) { ::munmap(p, size); };
  const std::unique_ptr<void, decltype(unmap)> owner(map, unmap);
  return exported_symbols(Bytes(static_cast<const std::byte*>(map), size));
}

std::string demangled(const std::string& symbol) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 && symbol.starts_with("_Z") ? std::string(name.get()) : symbol;
}

}  // namespace widelimit::conformance
