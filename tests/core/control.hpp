// What every long call does with a Control: reports a phase up to its end, and stops when asked to.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/error.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

namespace widelimit::test {

/// Whether call(control) ends with Error(cancelled).
template <class Call>
[[nodiscard]] bool is_cancelled(const Call& call, Control& control) {
  try {
    call(&control);
  } catch (const Error& e) {
    return e.code() == ErrorCode::cancelled;
  }
  return false;
}

/// Reports of a phase, or of all phases where it is empty.
template <class Call>
[[nodiscard]] int reports_of(const Call& call, const std::string& phase = {}) {
  int reports = 0;
  Control control([&](const Progress& p) { reports += phase.empty() || p.phase == phase ? 1 : 0; });
  call(&control);
  return reports;
}

/// Whether the call stops if it is cancelled at the report of this number, from 0.
template <class Call>
[[nodiscard]] bool stops_at(int report, const Call& call) {
  Control* running = nullptr;
  Control control([&](const Progress&) {
    if (report-- == 0) running->cancel();
  });
  running = &control;
  return is_cancelled(call, control);
}

/// call(control) reports `phase`, never back and to its end, and stops before it begins and, where
/// it reports more often than it has threads, at its first report.
template <class Call>
void check_control(const std::string& phase, const Call& call, int threads = 1) {
  CAPTURE(phase);
  std::int64_t last = 0, total = -1;
  int reports = 0;
  bool forward = true;
  Control control([&](const Progress& p) {
    if (p.phase != phase) return;
    forward = forward && p.done >= last;
    last = p.done;
    total = p.total;
    ++reports;
  });
  call(&control);
  CHECK(reports > 0);
  CHECK(forward);
  CHECK(last == total);
  control.cancel();
  CHECK(is_cancelled(call, control));
  if (reports > threads) CHECK(stops_at(0, call));
}

}  // namespace widelimit::test
