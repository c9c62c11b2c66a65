// Services of the host: log, aligned memory, threads, random numbers, cancellation.
//
// Thread safety: all functions may be called from any thread, also from within a worker call.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/draft/progress.h>
#include <widelimit/sdk/error.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <type_traits>

namespace widelimit::sdk {

enum class LogLevel : std::int32_t { debug = 0, information = 1, warning = 2, error = 3 };

/// The host's services. If a host does not offer a service, this class replaces it: it drops
/// messages, allocates memory on the plugin's own heap, and runs loops on the calling thread.
class Host {
 public:
  Host() : Host(nullptr) {}
  explicit Host(const widelimit_host* host) {
    if (host != nullptr) widelimit_copy(&table_, sizeof table_, host, host->struct_size);
  }

  void log(LogLevel level, const std::string& component, const std::string& message) const {
    if (table_.log != nullptr)
      table_.log(table_.ctx, static_cast<std::int32_t>(level), component.c_str(), message.c_str());
  }

  /// Returns memory to the host, or to the plugin's heap.
  class Release {
   public:
    Release() = default;
    explicit Release(const widelimit_host& table) : release_(table.release), ctx_(table.ctx) {}
    void operator()(void* p) const {
      if (release_ != nullptr)
        release_(ctx_, p);
      else
        ::operator delete (p, std::align_val_t{64});
    }

   private:
    void (*release_)(void*, void*) = nullptr;
    void* ctx_ = nullptr;
  };
  template <class T>
  using Buffer = std::unique_ptr<T[], Release>;

  /// n uninitialised numbers, 64-byte aligned.
  template <class T>
  [[nodiscard]] Buffer<T> allocate(std::int64_t n) const {
    static_assert(std::is_trivial_v<T>);
    const auto bytes = static_cast<std::uint64_t>(n) * sizeof(T);
    if (table_.alloc == nullptr || table_.release == nullptr)
      return Buffer<T>(
          static_cast<T*>(::operator new (static_cast<std::size_t>(bytes), std::align_val_t{64})),
          Release());
    void* const memory = table_.alloc(table_.ctx, bytes);
    if (memory == nullptr) throw std::bad_alloc();
    return Buffer<T>(static_cast<T*>(memory), Release(table_));
  }

  /// Calls body(begin, end) on disjoint pieces of [0, n), each of at least `grain` indices, on the
  /// host's threads. Called from a worker, it runs on this thread. It rethrows the first exception
  /// of a piece after all pieces have ended.
  template <class F>
  void parallel_for(std::int64_t n, std::int64_t grain, const F& body) const {
    if (n <= 0) return;
    if (table_.parallel_for == nullptr) {
      body(std::int64_t{0}, n);
      return;
    }
    struct Job {
      const F* body;
      std::exception_ptr thrown;
      bool taken = false;
    } job{&body, nullptr};
    const auto piece = [](void* arg, std::int64_t begin, std::int64_t end) -> widelimit_status {
      auto& j = *static_cast<Job*>(arg);
      try {
        (*j.body)(begin, end);
        return WIDELIMIT_OK;
      } catch (...) {
        // The first piece that fails stores its exception, and the status stops the others.
        if (!__atomic_test_and_set(&j.taken, __ATOMIC_ACQ_REL)) j.thrown = std::current_exception();
        return WIDELIMIT_E_INTERNAL;
      }
    };
    const widelimit_status status = table_.parallel_for(table_.ctx, n, grain, piece, &job);
    if (job.thrown) std::rethrow_exception(job.thrown);
    check(status, "the host could not run a parallel loop");
  }

  /// Writes the numbers first to first + out.size() - 1 of a stream of N(0, 1) samples. They depend
  /// on `seed` and `stream` only, not on the thread, the caller or the order of calls.
  void normals(std::uint64_t seed, std::uint64_t stream, std::uint64_t first,
               std::span<double> out) const {
    if (table_.normals == nullptr) throw unsupported("this host offers no random numbers");
    check(table_.normals(table_.ctx, seed, stream, first, out.size(), out.data()),
          "the host could not draw random numbers");
  }

  /// Whether the user has asked to stop.
  [[nodiscard]] bool cancelled() const {
    return table_.cancelled != nullptr && table_.cancelled(table_.ctx) != 0;
  }
  /// Call this regularly in long computations.
  void throw_if_cancelled() const {
    if (cancelled()) throw Error(WIDELIMIT_E_CANCELLED, "cancelled");
  }

  /// Says how far long work has come, to hosts that show it (widelimit.progress/1, a draft): `done`
  /// of `total` units of equal work of the phase. About a microsecond.
  void report_progress(const std::string& phase, std::int64_t done, std::int64_t total) const {
    const auto* const progress =
        static_cast<const widelimit_progress*>(extension(WIDELIMIT_PROGRESS));
    if (progress != nullptr && WIDELIMIT_HAS(progress, report))
      progress->report(table_.ctx, phase.c_str(), done, total);
  }

  /// An extension (sdk/docs/extensions.md) by its id; NULL if the host does not have it.
  [[nodiscard]] const void* extension(const char* id) const {
    return table_.extension == nullptr ? nullptr : table_.extension(table_.ctx, id);
  }

 private:
  static void check(widelimit_status status, const char* message) {
    if (status != WIDELIMIT_OK) throw Error(status, message);
  }

  widelimit_host table_{};
};

/// Random numbers for the initialisation of one layer of a finite network.
class Random {
 public:
  Random(const Host& host, std::uint64_t seed) : host_(&host), seed_(seed) {}

  /// Writes the first numbers of one of the layer's streams of N(0, 1) samples. Use one stream for
  /// each kind of weights.
  void normals(std::uint64_t stream, std::span<double> out) const {
    host_->normals(seed_, stream, 0, out);
  }

 private:
  const Host* host_;
  std::uint64_t seed_;
};

}  // namespace widelimit::sdk
