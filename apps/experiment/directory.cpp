// run.json, written and read, and the files it lists.
#include "directory.hpp"

#include <widelimit/error.hpp>
#include <widelimit/experiment/files.hpp>
#include <widelimit/version.hpp>

#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <functional>
#include <iterator>
#include <regex>
#include <set>
#include <system_error>
#include <utility>

namespace widelimit::experiment {
namespace {

using apps::Json;

namespace fs = std::filesystem;

constexpr std::array own_folders{"kernel", "predictions", "loss", "finite", "plots", "data"};
constexpr std::array own_files{"run.json", "metrics.json", "report.html"};

/// May a run.json, which is only data, have this file removed or read? Only names inside the
/// folders of a run.
bool is_own(const std::string& relative) {
  const fs::path path(relative);
  if (path.empty() || path.is_absolute() || path.lexically_normal() != path) return false;
  const auto parts = std::distance(path.begin(), path.end());
  const std::string head = path.begin()->string();
  return parts == 1 ? std::find(own_files.begin(), own_files.end(), head) != own_files.end()
                    : std::find(own_folders.begin(), own_folders.end(), head) != own_folders.end();
}

std::int64_t peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} * 1024;
}

/// Removes temporary files (".NAME.PROCESS.ATTEMPT.tmp") of processes that have ended.
void remove_abandoned(const fs::path& folder) {
  static const std::regex temporary(R"(\..+\.([0-9]{1,9})\.[0-9]+\.tmp)");
  std::error_code ignored;
  for (fs::directory_iterator it(folder, ignored), end; !ignored && it != end;
       it.increment(ignored)) {
    const std::string name = it->path().filename().string();
    std::smatch parts;
    if (!std::regex_match(name, parts, temporary)) continue;
    if (kill(std::stoi(parts[1]), 0) != 0 && errno == ESRCH) fs::remove(it->path(), ignored);
  }
}

Json build_json() {
  const BuildInfo build = build_info();
  return Json::Object{{"release", build.release},         {"abi", build.abi},
                      {"compiler", build.compiler},       {"blas", build.blas},
                      {"blas_kernel", build.blas_kernel}, {"simd", build.simd},
                      {"executor", build.executor}};
}

Json::Array kernels_json(const std::vector<KernelFile>& kernels) {
  Json::Array list;
  for (const KernelFile& k : kernels)
    list.push_back(Json::Object{{"block", name_of(k.block)},
                                {"kernel", name_of(k.kernel)},
                                {"file", k.file},
                                {"rows", k.rows},
                                {"cols", k.cols},
                                {"written", true}});
  return list;
}

std::string record_text(const Json& record) { return record.indented(2) + "\n"; }

/// Forecasts beside actual values, which are null in a run that is not finished.
Json forecast_json(const Record& record, std::int64_t memory) {
  const auto beside = [&](double forecast, std::optional<double> actual) -> Json {
    return Json::Object{{"forecast", forecast}, {"actual", actual ? Json(*actual) : Json()}};
  };
  std::optional<double> peak;
  if (record.seconds) peak = static_cast<double>(memory);
  return Json::Object{{"seconds", beside(record.seconds_forecast, record.seconds)},
                      {"memory_bytes", beside(std::round(record.memory_forecast), peak)},
                      {"disk_bytes", beside(std::round(record.disk_forecast), record.disk)}};
}

}  // namespace

Json Record::json() const {
  const std::int64_t memory = peak_memory();
  return Json::Object{{"widelimit", build_json()},
                      {"status", status},
                      {"error", error ? Json(*error) : Json()},
                      {"kept", kept},
                      {"title", title},
                      {"experiment_file", experiment_file},
                      {"command", command},
                      {"started", started},
                      {"experiment", experiment},
                      {"data", data},
                      {"network", network},
                      {"kernels", kernels_json(kernels)},
                      {"fingerprint", fingerprint},
                      {"inference", inference},
                      {"finite", finite},
                      {"threads", threads},
                      {"seeds", seeds},
                      {"timings", timings},
                      {"peak_memory_bytes", memory},
                      {"forecast", forecast_json(*this, memory)},
                      {"warnings", warnings},
                      {"files", files}};
}

std::optional<EarlierRun> read_earlier(const fs::path& directory) {
  const fs::path file = directory / "run.json";
  if (!fs::exists(file)) return std::nullopt;
  const Json json = Json::read(file);
  if (!json.contains("widelimit"))
    throw Error(ErrorCode::usage, file.string() + " was not written by a run of widelimit");
  EarlierRun earlier{.directory = directory,
                     .fingerprint = json["fingerprint"].text(),
                     .experiment = json["experiment"],
                     .kernels = {},
                     .files = {}};
  for (const Json& name : json["files"].elements())
    if (is_own(name.text())) earlier.files.push_back(name.text());
  for (const Json& entry : json["kernels"].elements()) {
    const std::optional<Block> block = block_named(entry["block"].text());
    const std::optional<Kernel> kernel = kernel_named(entry["kernel"].text());
    std::string name = entry["file"].text();
    if (block && kernel && is_own(name))
      earlier.kernels.push_back({.block = *block,
                                 .kernel = *kernel,
                                 .file = std::move(name),
                                 .rows = entry["rows"].integer(),
                                 .cols = entry["cols"].integer()});
  }
  return earlier;
}

void list_files(const fs::path& directory, const std::vector<fs::path>& files) {
  const fs::path file = directory / "run.json";
  const Json record = Json::read(file);
  if (!record["files"].is_array()) return;
  const std::vector<Json> listed = record["files"].elements();
  std::vector<Json> all = listed;
  for (const fs::path& name : files)
    if (std::none_of(listed.begin(), listed.end(),
                     [&](const Json& known) { return known.text() == name.string(); }))
      all.emplace_back(name.string());
  if (all.size() == listed.size()) return;
  Json::Object changed(record);
  changed.set("files", all);
  write_file(file, record_text(changed));
}

RunDirectory::RunDirectory(fs::path directory) : directory_(std::move(directory)) {
  std::error_code error;
  for (fs::path part = fs::absolute(directory_, error).lexically_normal();
       part.has_relative_path() && !fs::exists(part, error); part = part.parent_path())
    if (part.has_filename()) created_.push_back(part);
  fs::create_directories(directory_, error);
  if (error || !fs::is_directory(directory_))
    throw Error(ErrorCode::io, directory_.string() + ": cannot be used as the output directory: " +
                                   (error ? error.message() : "it is not a directory") +
                                   "; name another one with --out");
  lock_.emplace(directory_);
}

RunDirectory::~RunDirectory() {
  lock_.reset();
  std::error_code ignored;
  for (const fs::path& directory : created_) fs::remove(directory, ignored);  // only if it is empty
}

void RunDirectory::replace(const std::optional<EarlierRun>& earlier,
                           const std::optional<EarlierRun>& reused) {
  std::error_code ignored;  // what cannot be removed is replaced later
  if (reused && fs::equivalent(reused->directory, directory_, ignored))
    for (const KernelFile& kernel : reused->kernels)
      if (fs::is_regular_file(directory_ / kernel.file, ignored)) add(kernel);
  std::set<fs::path, std::greater<>> folders;  // the deeper ones first
  for (const char* folder : own_folders) folders.insert(directory_ / folder);
  for (const std::string& name : earlier ? earlier->files : std::vector<std::string>()) {
    if (lists(name)) continue;
    if (name == "run.json")
      continue;  // replaced in one go: a directory of kernels is never without
    fs::remove(directory_ / name, ignored);
    if (const fs::path folder = fs::path(name).parent_path(); !folder.empty())
      folders.insert(directory_ / folder);
  }
  remove_abandoned(directory_);
  for (const fs::path& folder : folders) {
    remove_abandoned(folder);
    if (earlier && fs::is_directory(folder, ignored))
      fs::remove(folder, ignored);  // one with a file in it stays
  }
}

fs::path RunDirectory::prepare(const std::string& relative) const {
  const fs::path file = directory_ / relative;
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error)
    throw Error(ErrorCode::io,
                file.parent_path().string() + ": cannot be created: " + error.message());
  return file;
}

void RunDirectory::add(const std::string& relative) {
  if (!lists(relative)) record.files.push_back(relative);
}

bool RunDirectory::lists(const std::string& relative) const {
  return std::find(record.files.begin(), record.files.end(), relative) != record.files.end();
}

void RunDirectory::remove(const std::string& relative) {
  std::error_code ignored;  // what cannot be removed stays listed for the next run
  if (fs::remove(directory_ / relative, ignored)) std::erase(record.files, relative);
}

void RunDirectory::add(const KernelFile& kernel) {
  add(kernel.file);
  std::erase_if(record.kernels, [&](const KernelFile& other) {
    return other.block == kernel.block && other.kernel == kernel.kernel;
  });
  record.kernels.push_back(kernel);
}

void RunDirectory::write(const std::string& relative, std::string_view text) {
  write_file(prepare(relative), text);
  add(relative);
}

double RunDirectory::disk_bytes() const {
  double bytes = 0;
  for (const std::string& name : record.files) {
    std::error_code missing;
    const auto size = fs::file_size(directory_ / name, missing);
    if (!missing) bytes += static_cast<double>(size);
  }
  return bytes;
}

void RunDirectory::write_record() {
  add("run.json");
  write_file(directory_ / "run.json", record_text(record.json()));
}

void RunDirectory::warn(std::string message) {
  if (std::find(record.warnings.begin(), record.warnings.end(), message) != record.warnings.end())
    return;
  if (on_warning) on_warning(message);
  record.warnings.push_back(std::move(message));
}

void RunDirectory::step(const std::string& phase, const std::string& kept,
                        const std::function<void()>& step) {
  if (on_begin) on_begin(phase);
  const auto begin = std::chrono::steady_clock::now();
  step();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  record.timings.push_back(Json::Object{{"phase", phase}, {"seconds", seconds.count()}});
  if (!kept.empty()) record.kept.push_back(kept);
  if (on_step) on_step(phase, seconds.count());
  write_record();
}

}  // namespace widelimit::experiment
