// Products in plain loops, and the rules of abi.h for who asks for them.
#include "multiplied.hpp"

#include "common/sizes.hpp"

#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <utility>

namespace widelimit::conformance {

Multiplied& Multiplied::keep(std::vector<double> a, std::size_t n) {
  static std::mutex mutex;
  static auto& all = *new std::vector<std::unique_ptr<Multiplied>>;
  const std::lock_guard lock(mutex);
  all.emplace_back(new Multiplied(std::move(a), n));
  return *all.back();
}

Multiplied::Multiplied(std::vector<double> a, std::size_t n)
    : a_(std::move(a)), n_(n), seen_(sizeof(widelimit_operator), "the operator") {
  table_.struct_size = sizeof table_;
  table_.n = static_cast<std::int64_t>(n);
  table_.ctx = this;
  table_.apply = apply;
  table_.diagonal = diagonal;
  std::memcpy(seen_.data(), &table_, sizeof table_);
}

const widelimit_operator& Multiplied::abi() const noexcept {
  return *reinterpret_cast<const widelimit_operator*>(seen_.data());
}

void Multiplied::hide_diagonal() {
  table_.diagonal = nullptr;
  std::memcpy(seen_.data(), &table_, sizeof table_);
}

std::string Multiplied::problem() const {
  const std::lock_guard lock(mutex_);
  if (!problem_.empty()) return problem_;
  return std::memcmp(seen_.data(), &table_, sizeof table_) == 0 ? ""
                                                                : "it writes into the operator";
}

void Multiplied::note(std::string problem) {
  const std::lock_guard lock(mutex_);
  if (problem_.empty()) problem_ = std::move(problem);
}

bool Multiplied::enter(const char* function) {
  if (!ended_) return true;
  note(std::string("it calls `") + function + "` of an operator whose factor has been released");
  return false;
}

widelimit_status Multiplied::apply(void* ctx, widelimit_matrix x, widelimit_matrix y) {
  auto& self = *static_cast<Multiplied*>(ctx);
  if (!self.enter("apply")) return WIDELIMIT_E_ARGUMENT;
  ++self.products_;
  if (self.status_ != WIDELIMIT_OK) return self.status_;
  const std::int64_t n = self.table_.n;
  for (const widelimit_matrix& m : {x, y})
    if (m.data == nullptr || m.rows != n || m.cols < 1 || m.ld < m.cols || m.cols != x.cols) {
      self.note("it asks for a product of " + std::to_string(x.rows) + " x " +
                std::to_string(x.cols) + " numbers in " + std::to_string(y.rows) + " x " +
                std::to_string(y.cols) + ", expected " + std::to_string(n) + " rows in both");
      return WIDELIMIT_E_ARGUMENT;
    }
  const auto end = [n](const widelimit_matrix& m) { return m.data + (n - 1) * m.ld + m.cols; };
  const std::less<const double*> before;
  if (before(x.data, end(y)) && before(y.data, end(x)))
    self.note("it asks for a product in memory that overlaps that of the vectors");
  const auto columns = to_size(x.cols);
  std::vector<double> product(self.n_ * columns);
  for (std::size_t i = 0; i < self.n_; ++i)
    for (std::size_t j = 0; j < self.n_; ++j)
      for (std::size_t c = 0; c < columns; ++c)
        product[i * columns + c] +=
            self.a_[i * self.n_ + j] *
            x.data[static_cast<std::int64_t>(j) * x.ld + static_cast<std::int64_t>(c)];
  for (std::size_t i = 0; i < self.n_; ++i)
    for (std::size_t c = 0; c < columns; ++c)
      y.data[static_cast<std::int64_t>(i) * y.ld + static_cast<std::int64_t>(c)] =
          product[i * columns + c];
  return WIDELIMIT_OK;
}

widelimit_status Multiplied::diagonal(void* ctx, double* out) {
  auto& self = *static_cast<Multiplied*>(ctx);
  if (!self.enter("diagonal")) return WIDELIMIT_E_ARGUMENT;
  if (self.status_ != WIDELIMIT_OK) return self.status_;
  for (std::size_t i = 0; i < self.n_; ++i) out[i] = self.a_[i * self.n_ + i];
  return WIDELIMIT_OK;
}

}  // namespace widelimit::conformance
