// Matrices from and to files.
#include "base/sizes.hpp"
#include "base/work_done.hpp"
#include "files/csv_number.hpp"
#include "files/csv_reader.hpp"
#include "files/input_file.hpp"
#include "files/npy.hpp"

#include <widelimit/experiment/files.hpp>
#include <widelimit/matrix.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace widelimit {

namespace {

template <class T>
constexpr int exact_digits = sizeof(T) == 4 ? 9 : 17;
constexpr std::int64_t numbers_between_reports = 1 << 16;  // of a text

}  // namespace

template <class T>
BasicMatrix<T> BasicMatrix<T>::read_csv(const std::filesystem::path& path, Control* control) {
  const detail::InputFile file(path);
  detail::CsvReader reader(file, {}, control);
  detail::WorkDone done(control, "read", file.size());
  std::int64_t told = 0;
  std::vector<detail::CsvField> fields;
  std::vector<T> values;
  std::int64_t rows = 0, cols = 0;
  while (reader.next(fields)) {
    if (const std::int64_t more = reader.bytes_read() - told; more > 0) {
      told += more;
      done.add(more);
    }
    const bool first = cols == 0;
    cols = static_cast<std::int64_t>(fields.size());
    if (first && std::none_of(fields.begin(), fields.end(), [](const detail::CsvField& f) {
          return detail::is_csv_number(f.text);
        }))
      continue;
    for (const detail::CsvField& f : fields)
      values.push_back(static_cast<T>(detail::csv_number(file, f)));
    ++rows;
  }
  if (rows == 0) detail::refuse(path, "holds no numbers; expected comma-separated rows of them");
  BasicMatrix out = uninitialized(rows, cols);
  std::copy(values.begin(), values.end(), out.data());
  return out;
}

template <class T>
void BasicMatrix<T>::write_csv(const std::filesystem::path& path, Control* control) const {
  AtomicFile file(path);
  detail::WorkDone done(control, "write", rows_);
  std::int64_t told = 0;
  std::array<char, 40> text{};
  for (std::int64_t i = 0; i < rows_; ++i) {
    if ((i - told) * cols_ >= numbers_between_reports) {
      done.check();
      done.add(i - told);
      told = i;
    }
    for (std::int64_t j = 0; j < cols_; ++j) {
      char* end = std::to_chars(text.data(), text.data() + text.size() - 1, (*this)(i, j),
                                std::chars_format::general, exact_digits<T>)
                      .ptr;
      *end++ = j + 1 < cols_ ? ',' : '\n';
      file.write(text.data(), to_size(end - text.data()));
    }
  }
  done.check();
  file.commit();
  done.add(rows_ - told);
}

template <class T>
BasicMatrix<T> BasicMatrix<T>::read_npy(const std::filesystem::path& path, Control* control) {
  const detail::InputFile file(path);
  const detail::NpyHeader header = detail::read_npy_header(file);
  if (header.shape.size() > 2)
    detail::refuse(path, "has the shape " + detail::shape_text(header.shape) +
                             "; a matrix has one or two axes");
  detail::WorkDone numbers(control, "read", header.count() * header.features());
  return detail::read_npy_rows<T>(file, header, 0, header.count(), numbers);
}

template <class T>
void BasicMatrix<T>::write_npy(const std::filesystem::path& path, Control* control) const {
  detail::write_npy_array(path, data(), {rows_, cols_}, control);
}

template Matrix BasicMatrix<double>::read_csv(const std::filesystem::path&, Control*);
template MatrixF BasicMatrix<float>::read_csv(const std::filesystem::path&, Control*);
template void BasicMatrix<double>::write_csv(const std::filesystem::path&, Control*) const;
template void BasicMatrix<float>::write_csv(const std::filesystem::path&, Control*) const;
template Matrix BasicMatrix<double>::read_npy(const std::filesystem::path&, Control*);
template MatrixF BasicMatrix<float>::read_npy(const std::filesystem::path&, Control*);
template void BasicMatrix<double>::write_npy(const std::filesystem::path&, Control*) const;
template void BasicMatrix<float>::write_npy(const std::filesystem::path&, Control*) const;

}  // namespace widelimit
