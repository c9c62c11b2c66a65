// Kinds of files that people give in place of an array, a table or an experiment, by their first
// bytes.
#include "text/file_kind.hpp"

#include "text/utf8.hpp"

#include <array>

namespace widelimit::detail {

namespace {

using namespace std::string_view_literals;

struct FileKind {
  std::string_view first;  // bytes
  std::string_view name, remedy;
};

constexpr std::string_view as_csv = "save the sheet as CSV (UTF-8)";
constexpr std::string_view as_npy = "save its arrays as .npy (in Python: np.save)";
constexpr std::string_view as_utf8 = "save it as UTF-8";
constexpr std::string_view unpack = "unpack it first";

constexpr std::array kinds{
    FileKind{"\x1F\x8B"sv, "a gzip file", "unpack it with gunzip"},
    FileKind{"BZh"sv, "a bzip2 file", "unpack it with bunzip2"},
    FileKind{"\xFD"
             "7zXZ\0"sv,
             "an xz file", "unpack it with unxz"},
    FileKind{"\x28\xB5\x2F\xFD"sv, "a Zstandard file", "unpack it with unzstd"},
    FileKind{"\xFF\xFE"sv, "text in UTF-16", as_utf8},
    FileKind{"\xFE\xFF"sv, "text in UTF-16", as_utf8},
    FileKind{"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, "an Excel workbook (.xls)", as_csv},
    FileKind{"\x93NUMPY"sv, "an .npy file", R"(name it in a source {"type": "npy"})"},
    FileKind{"\x89HDF\r\n\x1A\n"sv, "an HDF5 file", as_npy},
    FileKind{"MATLAB 5.0 MAT-file"sv, "a MATLAB file (.mat)", as_npy},
    FileKind{"PAR1\x15"sv, "a Parquet file", "save the table as CSV (in Python: DataFrame.to_csv)"},
    FileKind{"RDX3\n"sv, "an R data file", "save the table as CSV (in R: write.csv)"},
    FileKind{"\x89PNG\r\n\x1A\n"sv, "a PNG picture", as_npy},
    FileKind{"\xFF\xD8\xFF"sv, "a JPEG picture", as_npy},
    FileKind{"%PDF-"sv, "a PDF document", "save its numbers as CSV"},
    FileKind{"version https://git-lfs"sv, "a pointer of Git LFS", "fetch the file (git lfs pull)"},
    FileKind{"<!DOCTYPE html"sv, "a web page", "download the file itself"},
    FileKind{"<html"sv, "a web page", "download the file itself"},
    FileKind{"\0\0\x08\x01"sv, "an IDX file", R"(name it in a source {"type": "idx"})"},
    FileKind{"\0\0\x08\x03"sv, "an IDX file", R"(name it in a source {"type": "idx"})"},
    FileKind{"\x80\x02"sv, "a pickle of Python", as_npy},
    FileKind{"\x80\x03"sv, "a pickle of Python", as_npy},
    FileKind{"\x80\x04"sv, "a pickle of Python", as_npy},
    FileKind{"\x80\x05"sv, "a pickle of Python", as_npy},
};

// A ZIP archive tells its kind by the name of its first member, which begins at byte 30 (PKWARE,
// APPNOTE.TXT, 4.3.7).
FileKind kind_of_zip(std::string_view beginning) {
  constexpr std::size_t length_at = 26, name_at = 30;
  std::string_view name;
  if (beginning.size() > name_at)
    name = beginning.substr(name_at, static_cast<unsigned char>(beginning[length_at]));
  if (name == "[Content_Types].xml" || name.starts_with("_rels/") || name.starts_with("xl/") ||
      name.starts_with("docProps/"))
    return {{}, "an Excel workbook (.xlsx)", as_csv};
  if (name == "mimetype" && beginning.find("opendocument") != std::string_view::npos)
    return {{}, "an OpenDocument file (.ods)", as_csv};
  if (name.ends_with(".npy"))
    return {{}, "an .npz archive", R"(name it in a source {"type": "npz"})"};
  return {{}, "a ZIP archive", unpack};
}

// Latin text in UTF-16 without a byte order mark: every second byte is zero.
bool is_bare_utf16(std::string_view text) {
  if (text.size() < 4) return false;
  const auto latin = [](char c) { return (c >= ' ' && c <= '~') || c == '\n' || c == '\r'; };
  return (latin(text[0]) && text[1] == '\0' && latin(text[2]) && text[3] == '\0') ||
         (text[0] == '\0' && latin(text[1]) && text[2] == '\0' && latin(text[3]));
}

FileKind kind_of(std::string_view beginning) {
  if (beginning.starts_with("PK\x03\x04") || beginning.starts_with("PK\x05\x06"))
    return kind_of_zip(beginning);
  for (const FileKind& kind : kinds)
    if (beginning.starts_with(kind.first)) return kind;
  if (is_bare_utf16(beginning)) return {{}, "text in UTF-16", as_utf8};
  return {};
}

}  // namespace

std::string other_kind(std::string_view beginning, std::string_view expected) {
  if (beginning.starts_with(byte_order_mark)) return {};
  const FileKind kind = kind_of(beginning);
  if (kind.name.empty()) return {};
  return std::string("is ")
      .append(kind.name)
      .append(", but ")
      .append(expected)
      .append(" is expected: ")
      .append(kind.remedy);
}

}  // namespace widelimit::detail
