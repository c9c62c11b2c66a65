// An experiment file from its bytes to a validated Experiment.
#include <widelimit/experiment/experiment.hpp>

#include "base/sizes.hpp"
#include "config/network_section.hpp"
#include "config/overrides.hpp"
#include "config/sections.hpp"
#include "json/parse.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

namespace widelimit {

using detail::Reading;
using detail::Value;

struct ExperimentText::State {
  std::filesystem::path file;
  detail::SourceTexts texts;
  /// Problems of syntax after which parsing continued; validation reports them too.
  detail::Report report;
  Value root;

  [[nodiscard]] Reading reading(const Catalogue& catalogue) const {
    Reading reading(texts, catalogue, file.parent_path());
    reading.report = report;
    return reading;
  }
};

ExperimentText::ExperimentText(std::unique_ptr<State> state) : state_(std::move(state)) {}
ExperimentText::ExperimentText(ExperimentText&&) noexcept = default;
ExperimentText& ExperimentText::operator=(ExperimentText&&) noexcept = default;
ExperimentText::~ExperimentText() = default;

namespace {

std::string read_file(const std::filesystem::path& file) {
  const auto refuse = [&](const std::string& message) {
    throw Error(ErrorCode::usage, {Problem{file.string(), 0, 0, {}, message}});
  };
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) refuse("is a directory, not a file");
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) refuse(std::string("cannot be read: ") + std::strerror(errno != 0 ? errno : EIO));
  // Reads one byte more than is allowed; the parser then refuses the text.
  std::string text(detail::max_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) refuse("cannot be read to its end");
  text.resize(to_size(in.gcount()));
  return text;
}

}  // namespace

ExperimentText ExperimentText::read(const std::filesystem::path& file,
                                    const std::vector<std::string>& overrides) {
  return load(file, read_file(file), overrides);
}

ExperimentText ExperimentText::parse(std::string_view text,
                                     const std::vector<std::string>& overrides) {
  return load({}, text, overrides);
}

ExperimentText ExperimentText::load(const std::filesystem::path& file, std::string_view text,
                                    const std::vector<std::string>& overrides) {
  auto state = std::make_unique<State>();
  state->file = file;
  state->texts.add(detail::SourceText(file.string(), std::string(text), true));
  std::optional<Value> root = detail::parse_json(state->texts, 0, state->report);
  if (!root) state->report.throw_if_any(state->texts);
  state->root = std::move(*root);
  const std::size_t before = state->report.size();
  for (const std::string& argument : overrides)
    detail::apply_override(argument, state->root, state->texts, state->report);
  if (state->report.size() != before) state->report.throw_if_any(state->texts);
  return ExperimentText(std::move(state));
}

std::optional<std::vector<std::string>> ExperimentText::plugins() const {
  const Value* given = state_->root.find("plugins");
  if (given == nullptr || given->array() == nullptr) return std::nullopt;
  std::vector<std::string> names;
  for (const Value& name : *given->array())
    if (name.string() != nullptr) names.push_back(*name.string());
  return names;
}

Problem ExperimentText::problem(const std::string& pointer, std::string message) const {
  if (const Value* value = detail::resolve(state_->root, pointer))
    return state_->texts.problem(value->origin, pointer, std::move(message));
  return {state_->file.string(), 0, 0, pointer, std::move(message)};
}

Experiment ExperimentText::validate(const Catalogue& catalogue) const {
  Reading reading = state_->reading(catalogue);
  Experiment experiment;
  experiment.file = state_->file;
  Value root = state_->root;
  if (root.array() != nullptr)
    reading.report.add(root, {},
                       "an experiment is an object; this list looks like its \"network\" alone");
  else
    reading.conforms(detail::own_schema("experiment"), root, {}, {"an experiment"});

  if (Value* network = root.find("network")) {
    experiment.network_place = reading.place(*network, "/network");
    const std::size_t before = reading.report.size();
    detail::check_network(reading, *network, "/network");
    if (reading.report.size() == before)
      experiment.network = detail::unroll_network(reading, *network, "/network");
  }
  if (Value* data = root.find("data")) experiment.data = detail::read_data(reading, *data, "/data");
  if (Value* steps = root.find("preprocess"))
    experiment.preprocess = detail::read_preprocess(reading, *steps, "/preprocess");
  if (experiment.data)
    experiment.data->labels = std::ranges::any_of(
        experiment.preprocess,
        [](const PreprocessStep& step) { return step.type == PreprocessType::one_hot; });
  if (Value* kernel = root.find("kernel"))
    experiment.kernel = detail::read_kernel(reading, *kernel, "/kernel");
  if (Value* entries = root.find("inference"))
    experiment.inference = detail::read_inference(reading, *entries, "/inference");
  if (Value* finite = root.find("finite"))
    experiment.finite = detail::read_finite(reading, *finite, "/finite");
  reading.report.throw_if_any(state_->texts);

  experiment.title = detail::string_of(root, "title");
  experiment.seed = static_cast<std::uint64_t>(detail::integer_of(root, "seed"));
  experiment.precision =
      detail::string_of(root, "precision") == "float32" ? Precision::float32 : Precision::float64;
  if (auto names = plugins()) {
    experiment.plugins = std::move(*names);
    experiment.plugins_given = true;
  }
  experiment.resolved = detail::to_json(root, 2);
  return experiment;
}

NetworkSpec ExperimentText::validate_network(const Catalogue& catalogue) const {
  Reading reading = state_->reading(catalogue);
  Value network = state_->root;
  if (network.array() != nullptr) {
    reading.report.prefix_pointers("/network");
  } else {
    const Value& experiment = detail::own_schema("experiment");
    reading.conforms(experiment, network, {}, {"a network alone or an experiment"});
    if (Value* found = network.find("network")) {
      Value inner = std::move(*found);
      network = std::move(inner);
    }
  }
  if (reading.report.empty()) detail::check_network(reading, network, "/network");
  NetworkSpec spec;
  if (reading.report.empty()) spec = detail::unroll_network(reading, network, "/network");
  reading.report.throw_if_any(state_->texts);
  return spec;
}

SolverSpec ExperimentText::validate_solver(const Catalogue& catalogue) const {
  Reading reading = state_->reading(catalogue);
  Value solver = state_->root;
  detail::CheckedSolver checked = detail::check_solver(reading, solver, {});
  reading.report.throw_if_any(state_->texts);
  return std::move(checked.spec);
}

}  // namespace widelimit
