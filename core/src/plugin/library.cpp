// The only file that includes Boost.DLL: probing, loading, finding ourselves.
#define BOOST_DLL_USE_STD_FS
#include "plugin/library.hpp"

#include <widelimit/error.hpp>
#include <widelimit/version.hpp>

#include "boundary/abi_error.hpp"

#include <boost/dll/library_info.hpp>
#include <boost/dll/runtime_symbol_info.hpp>
#include <boost/dll/shared_library.hpp>

#include <condition_variable>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string_view>
#include <utility>

namespace widelimit::detail {

namespace {

using Entry = const widelimit_plugin*();

// Callers that know the name of the file put it in front.
[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& why) {
  throw Error(ErrorCode::usage, (file.empty() ? "plugin of the program: " : "") + why);
}

// The message of dlopen without the words that Boost.DLL adds and without the name of the file; the
// whole text if it has another form.
std::string words_of_loader(std::string text, const std::filesystem::path& file) {
  constexpr std::string_view before = "(dlerror system message: ", after = "): ";
  const std::size_t begin = text.find(before), end = text.rfind(after);
  if (begin != std::string::npos && end != std::string::npos && end > begin)
    text = text.substr(begin + before.size(), end - begin - before.size());
  std::error_code ignored;
  const std::string name = std::filesystem::canonical(file, ignored).string() + ": ";
  return text.starts_with(name) ? text.substr(name.size()) : text;
}

// Catches exceptions of a plugin's entry function here, while the library that contains their types
// is still loaded.
const widelimit_plugin* call_entry(Entry* entry, const std::filesystem::path& file) {
  const Callee callee{"file", file.native()};
  const CallInProgress now(callee);
  try {
    return entry();
  } catch (const std::exception& e) {
    refuse(file, std::string("its entry function threw an exception: ") + e.what());
  } catch (...) {
    refuse(file, "its entry function threw an exception");
  }
}

// The entry of one plugin in the list of loaded plugins. `in_use` lasts until `close` has returned
// and the file is unmapped, which is longer than `library` can be locked.
struct Slot {
  std::weak_ptr<Library> library;
  bool in_use = false;
};

// The plugins that the process has loaded. Loading affects the whole process, and a plugin's `open`
// runs once for all runtimes. The list and resident libraries are never destroyed (as Boost.DLL's
// FAQ advises), so that nothing is unloaded while the process ends.
struct Loaded {
  std::mutex mutex;
  std::condition_variable vacated;
  std::map<std::filesystem::path, Slot> files;
  std::map<const widelimit_plugin*, Slot> program_slots;
  std::set<std::shared_ptr<Library>> resident;
};

Loaded& loaded() {
  static auto* const shared = new Loaded;
  return *shared;
}

// The claim of a library on its slot, released in the destructor.
class Stay {
 public:
  Stay() = default;
  Stay(const Stay&) = delete;
  Stay& operator=(const Stay&) = delete;
  ~Stay() {
    if (slot_ == nullptr) return;
    const std::lock_guard lock(loaded().mutex);
    slot_->in_use = false;
    loaded().vacated.notify_all();
  }
  void begin(Slot& slot) noexcept {
    slot_ = &slot;
    slot.in_use = true;
  }

 private:
  Slot* slot_ = nullptr;
};

// A library of a file. Destroys, in this order, the plugin's state by `close`, the mapping of the
// file, and the claim on the slot.
class FileLibrary final : public Library {
 public:
  FileLibrary(const std::filesystem::path& file, boost::dll::shared_library lib)
      : lib_(std::move(lib)) {
    adopt(call_entry(&lib_.get<Entry>(WIDELIMIT_ENTRY_SYMBOL), file), file);
  }
  FileLibrary(const FileLibrary&) = delete;
  FileLibrary& operator=(const FileLibrary&) = delete;
  ~FileLibrary() override { close(); }

  Stay stay;

 private:
  boost::dll::shared_library lib_;
};

class ProgramLibrary final : public Library {
 public:
  explicit ProgramLibrary(const widelimit_plugin* plugin) { adopt(plugin, {}); }
  ProgramLibrary(const ProgramLibrary&) = delete;
  ProgramLibrary& operator=(const ProgramLibrary&) = delete;
  ~ProgramLibrary() override { close(); }

  Stay stay;
};

// The library of a slot: the one that is loaded, or the result of `make()` after the previous one
// has been unloaded completely.
template <class Make>
std::shared_ptr<Library> library_in(Slot& slot, std::unique_lock<std::mutex>& lock, Make&& make) {
  for (;;) {
    if (std::shared_ptr<Library> there = slot.library.lock()) return there;
    if (!slot.in_use) break;
    loaded().vacated.wait(lock);
  }
  const auto library = make();
  slot.library = library;
  library->stay.begin(slot);
  return library;
}

// Every version of a growable struct has more than its size in it.
template <class T>
T full_size(const T* from, const char* what, const std::filesystem::path& file) {
  if (from->struct_size <= sizeof from->struct_size)
    refuse(file, std::string("the struct_size of ") + what + " is " +
                     std::to_string(from->struct_size) + "; it must be sizeof(" + what + ")");
  T to{};
  widelimit_copy(&to, sizeof to, from, from->struct_size);
  return to;
}

}  // namespace

void Library::adopt(const widelimit_plugin* plugin, std::filesystem::path file) {
  file_ = std::move(file);
  if (plugin == nullptr) refuse(file_, "the plugin says that it cannot run on this processor");
  plugin_ = full_size(plugin, "widelimit_plugin", file_);
  const auto text = [&](const char* s, const char* what) {
    if (s == nullptr || *s == '\0')
      refuse(file_, std::string("the plugin's descriptor lacks its ") + what);
  };
  text(plugin_.id, "id");
  text(plugin_.version, "version");
  if (plugin_.needs_host_minor > WIDELIMIT_ABI_MINOR)
    refuse(file_, "the plugin needs minor " + std::to_string(plugin_.needs_host_minor) +
                      " of the plugin boundary; this program has minor " +
                      std::to_string(WIDELIMIT_ABI_MINOR) + ": use a newer release of widelimit");
  const auto info_of = [&](const widelimit_type_info* info) {
    if (info == nullptr) refuse(file_, "a type of the plugin lacks its description");
    widelimit_type_info copy = full_size(info, "widelimit_type_info", file_);
    text(copy.name, "type's name");
    for (const char** s : {&copy.version, &copy.summary, &copy.doc})
      if (*s == nullptr) *s = "";
    if (copy.params_schema == nullptr) copy.params_schema = "{\"type\":\"object\"}";
    return copy;
  };
  if ((plugin_.n_layers > 0 && plugin_.layers == nullptr) ||
      (plugin_.n_solvers > 0 && plugin_.solvers == nullptr))
    refuse(file_, "the plugin counts types and has no table of them");
  const auto named_once = [&](const std::vector<widelimit_type_info>& infos) {
    for (std::size_t i = 0; i + 1 < infos.size(); ++i)
      if (std::strcmp(infos[i].name, infos.back().name) == 0)
        refuse(file_, std::string("the plugin offers type \"") + infos.back().name + "\" twice");
  };
  infinite_.reserve(plugin_.n_layers);  // pointers to its entries must stay valid
  finite_.reserve(plugin_.n_layers);
  for (std::uint32_t i = 0; i < plugin_.n_layers; ++i) {
    if (plugin_.layers[i] == nullptr) refuse(file_, "a layer type of the plugin is NULL");
    widelimit_layer_type layer = full_size(plugin_.layers[i], "widelimit_layer_type", file_);
    layer_infos_.push_back(info_of(layer.info));
    named_once(layer_infos_);
    if (layer.create == nullptr || layer.destroy == nullptr || layer.plan == nullptr)
      refuse(file_, std::string("layer type \"") + layer_infos_.back().name +
                        "\" lacks create, destroy or plan");
    if (layer.infinite != nullptr)
      layer.infinite =
          &infinite_.emplace_back(full_size(layer.infinite, "widelimit_infinite_face", file_));
    if (layer.finite != nullptr)
      layer.finite = &finite_.emplace_back(full_size(layer.finite, "widelimit_finite_face", file_));
    layers_.push_back(layer);
  }
  for (std::uint32_t i = 0; i < plugin_.n_solvers; ++i) {
    if (plugin_.solvers[i] == nullptr) refuse(file_, "a solver type of the plugin is NULL");
    solvers_.push_back(full_size(plugin_.solvers[i], "widelimit_solver_type", file_));
    solver_infos_.push_back(info_of(solvers_.back().info));
    named_once(solver_infos_);
  }
}

void Library::open(const widelimit_host& host, std::shared_ptr<const void> lender) {
  const std::lock_guard lock(opening_);
  if (opened_ || plugin_.open == nullptr) return;
  call_plugin({"`open` of plugin", plugin_.id},
              [&](widelimit_error* error) { return plugin_.open(&host, error); });
  lender_ = std::move(lender);
  opened_ = true;
}

void Library::close() noexcept {
  if ((opened_ || plugin_.open == nullptr) && plugin_.close != nullptr)
    call_quietly({"plugin", plugin_.id}, plugin_.close);
}

Probe probe(const std::filesystem::path& file) {
  // Opening a pipe would wait for its writer.
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(file, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    return {false, "not a regular file"};
  std::vector<std::string> symbols;
  try {
    boost::dll::library_info info(file, false);
    symbols = info.symbols();
  } catch (const std::exception&) {
    return {false, "not a shared library"};
  }
  std::string other;
  for (const std::string& s : symbols) {
    if (s == WIDELIMIT_ENTRY_SYMBOL) return {true, {}};
    if (const std::string why = other_boundary(s); !why.empty()) other = why;
  }
  if (!other.empty()) return {false, other};
  return {false, std::string("a shared library without the symbol ") + WIDELIMIT_ENTRY_SYMBOL +
                     ": not a plugin"};
}

std::shared_ptr<Library> load_library(const std::filesystem::path& file, bool unload) {
  std::shared_ptr<Library> library;
  try {
    const std::filesystem::path real = std::filesystem::canonical(file);
    Loaded& all = loaded();
    std::unique_lock lock(all.mutex);
    library = library_in(all.files[real], lock, [&] {
      using mode = boost::dll::load_mode::type;
      const Callee initialisers{"file", real.native()};
      const CallInProgress now(initialisers);
      // The constructor that throws: only it reports the message of dlopen.
      return std::make_shared<FileLibrary>(
          real, boost::dll::shared_library(real, mode(boost::dll::load_mode::rtld_now) |
                                                     mode(boost::dll::load_mode::rtld_local)));
    });
    if (!unload || (library->plugin().flags & WIDELIMIT_PLUGIN_RESIDENT) != 0)
      all.resident.insert(library);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& e) {
    refuse(file, "cannot be loaded: " + words_of_loader(e.what(), file));
  }
  return library;
}

std::shared_ptr<Library> program_library(const widelimit_plugin* plugin) {
  Loaded& all = loaded();
  std::unique_lock lock(all.mutex);
  return library_in(all.program_slots[plugin], lock,
                    [&] { return std::make_shared<ProgramLibrary>(plugin); });
}

std::filesystem::path install_plugin_directory() {
  std::error_code ignored;
  const auto self = std::filesystem::weakly_canonical(boost::dll::this_line_location(), ignored);
  const std::filesystem::path plugins =
      std::filesystem::path("widelimit") / ("plugins-" + std::to_string(WIDELIMIT_ABI_MAJOR));
  // Beside the library or, if this code is linked into a program, in the folder lib beside its
  // folder bin.
  const auto beside = self.parent_path() / plugins;
  if (std::filesystem::is_directory(beside, ignored)) return beside;
  return self.parent_path().parent_path() / "lib" / plugins;
}

}  // namespace widelimit::detail
