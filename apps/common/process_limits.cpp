// getrlimit(2), proc(5), execv.
#include "process_limits.hpp"

#include <widelimit/memory.hpp>

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string_view>
#include <system_error>

namespace widelimit::apps {
namespace {

double limit(decltype(RLIMIT_AS) resource) {
  rlimit bytes{};
  if (getrlimit(resource, &bytes) != 0 || bytes.rlim_cur == RLIM_INFINITY)
    return std::numeric_limits<double>::infinity();
  return static_cast<double>(bytes.rlim_cur);
}

}  // namespace

AddressSpace address_space_limit() { return {limit(RLIMIT_AS), limit(RLIMIT_DATA)}; }

AddressSpace address_space_in_use() {
  std::ifstream statm("/proc/self/statm");
  double size = 0, resident = 0, shared = 0, text = 0, library = 0, data = 0;
  if (!(statm >> size >> resident >> shared >> text >> library >> data)) return {};
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  return {size * page, data * page};
}

double blas_thread_bytes() {
  std::size_t stack = 0;
  pthread_attr_t usual;
  if (pthread_getattr_default_np(&usual) == 0) {
    pthread_attr_getstacksize(&usual, &stack);
    pthread_attr_destroy(&usual);
  }
  return static_cast<double>(blas_buffer_bytes) + static_cast<double>(stack);
}

void restart_within_limits(char** argv) {
  constexpr const char* variable = "OPENBLAS_NUM_THREADS";
  const AddressSpace most = address_space_limit();
  if (std::isinf(most.all) && std::isinf(most.data)) return;
  const char* const threads = std::getenv(variable);
  if (threads != nullptr && std::string_view(threads) == "1") return;
  setenv(variable, "1", 1);
  // By its own name, which ps and pkill show.
  std::error_code ignored;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
  execv(program.c_str(), argv);
  execvp(argv[0], argv);  // without /proc, or if the file has been replaced
  std::fprintf(stderr,
               "%s: under a limit of memory (ulimit -v, ulimit -d), threads of OpenBLAS may wait "
               "for ever; set %s=1\n",
               argv[0], variable);
  _exit(2);
}

}  // namespace widelimit::apps
