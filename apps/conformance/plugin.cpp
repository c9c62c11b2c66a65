// Opening a plugin file the way a host does.
#include "plugin.hpp"

#include "elf.hpp"

#include <dlfcn.h>

#include <cstring>

namespace widelimit::conformance {
namespace {

/// The loader's message, with C++ names made readable and the usual cause added.
std::string explained(std::string message) {
  const std::string marker = "undefined symbol: ";
  const auto at = message.find(marker);
  if (at == std::string::npos) return message;
  const auto begin = at + marker.size();
  const auto end = message.find_first_of(" ,", begin);
  const std::string symbol = message.substr(begin, end - begin);
  const std::string readable = demangled(symbol);
  if (readable != symbol) message += " (" + readable + ")";
  return message + "; a source file or a library is missing on the link line: -Wl,-z,defs finds " +
         "this when linking";
}

template <class T>
T copied(const T* from) {
  T to{};
  if (from != nullptr) widelimit_copy(&to, sizeof to, from, from->struct_size);
  return to;
}

std::string name_of(const widelimit_type_info& info, std::size_t index) {
  return info.name != nullptr && *info.name != '\0' ? info.name
                                                    : "type number " + std::to_string(index);
}

}  // namespace

Library::Library(const std::filesystem::path& file) : handle_(nullptr) {
  ::dlerror();
  handle_ = ::dlopen(std::filesystem::absolute(file).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle_ == nullptr) {
    const char* why = ::dlerror();
    throw NotLoaded(explained(why != nullptr ? why : "unknown reason"));
  }
}

Library::~Library() { ::dlclose(handle_); }

void* Library::symbol(const char* name) const noexcept { return ::dlsym(handle_, name); }

Library::Entry Library::entry() const noexcept {
  return reinterpret_cast<Entry>(symbol(WIDELIMIT_ENTRY_SYMBOL));
}

std::string status_name(widelimit_status status) {
  static constexpr const char* names[] = {"WIDELIMIT_OK",          "WIDELIMIT_E_ARGUMENT",
                                          "WIDELIMIT_E_PARAMS",    "WIDELIMIT_E_UNSUPPORTED",
                                          "WIDELIMIT_E_NUMERIC",   "WIDELIMIT_E_MEMORY",
                                          "WIDELIMIT_E_CANCELLED", "WIDELIMIT_E_INTERNAL"};
  const bool known = status >= 0 && status < static_cast<widelimit_status>(std::size(names));
  return "status " + std::to_string(status) + " (" + (known ? names[status] : "unknown") + ")";
}

std::string Answer::text() const {
  const std::string message(error.message, ::strnlen(error.message, sizeof error.message));
  const std::string pointer(error.pointer, ::strnlen(error.pointer, sizeof error.pointer));
  return status_name(status) + (message.empty() ? " without a message" : ": " + message) +
         (pointer.empty() ? "" : " [" + pointer + "]");
}

widelimit_error empty_error() noexcept {
  widelimit_error error{};
  error.struct_size = sizeof error;
  error.index = -1;
  return error;
}

Plugin::Plugin(std::unique_ptr<Library> library) : library_(std::move(library)) {
  const auto entry = library_->entry();
  if (entry == nullptr) throw NotLoaded("it does not export " WIDELIMIT_ENTRY_SYMBOL);
  raw_ = contained([&] { return entry(); });
  if (raw_ == nullptr)
    throw NotLoaded("its entry returns NULL: it reports that it cannot run on this processor");
  table_ = copied(raw_);
  if (table_.layers == nullptr) table_.n_layers = 0;
  if (table_.solvers == nullptr) table_.n_solvers = 0;
  for (std::uint32_t i = 0; i < table_.n_layers; ++i) {
    LayerType type;
    type.raw = table_.layers[i];
    type.table = copied(type.raw);
    type.info = copied(type.table.info);
    type.infinite = copied(type.table.infinite);
    type.finite = copied(type.table.finite);
    type.name = name_of(type.info, i);
    layers_.push_back(type);
  }
  for (std::uint32_t i = 0; i < table_.n_solvers; ++i) {
    SolverType type;
    type.raw = table_.solvers[i];
    type.table = copied(type.raw);
    type.info = copied(type.table.info);
    type.name = name_of(type.info, i);
    solvers_.push_back(type);
  }
}

Plugin::~Plugin() {
  if (open_ && table_.close != nullptr) table_.close();
}

void Plugin::open(const widelimit_host& host) {
  if (table_.needs_host_minor > host.abi_minor)
    throw NotLoaded("it needs a host of ABI minor " + std::to_string(table_.needs_host_minor) +
                    ", this one has " + std::to_string(host.abi_minor));
  if (table_.open != nullptr) {
    const Answer answer = call([&](widelimit_error* e) { return table_.open(&host, e); });
    if (!answer.ok()) throw NotLoaded("its open() answered " + answer.text());
  }
  open_ = true;
}

void Plugin::keep_only(const TypeId& type) {
  const auto keep = [&](auto& types, TypeId::Kind kind) {
    if (kind != type.kind)
      types.clear();
    else
      types = {types.at(type.index)};
  };
  keep(layers_, TypeId::Kind::layer);
  keep(solvers_, TypeId::Kind::solver);
}

}  // namespace widelimit::conformance
