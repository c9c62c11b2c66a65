// Parameters as plugins see them, and their check against a schema.
#include <widelimit/examine/params.hpp>

#include "json/parse.hpp"
#include "json/schema.hpp"

#include <optional>
#include <utility>

namespace widelimit {

namespace {

using detail::Report;
using detail::SourceText;
using detail::SourceTexts;
using detail::Value;

/// A text and the problems in it.
struct Document {
  SourceTexts texts;
  Report report;
  std::optional<Value> value;

  explicit Document(std::string_view text) {
    texts.add(SourceText({}, std::string(text), true));
    value = detail::parse_json(texts, 0, report);
  }
  [[nodiscard]] std::vector<Problem> problems() const { return report.problems(texts); }
};

/// A valid schema. Throws Error(usage) with the problems of an invalid one.
Value sound_schema(std::string_view text) {
  detail::Schema schema = detail::read_schema(text);
  if (!schema.value) throw Error(ErrorCode::usage, std::move(schema.problems));
  return std::move(*schema.value);
}

constexpr const char* owner = "this object";

}  // namespace

struct Params::State {
  std::string text;
  Value root;
  widelimit_params abi{};

  [[nodiscard]] static const Value* at(const void* ctx, const char* pointer) {
    return pointer == nullptr
               ? nullptr
               : detail::resolve(static_cast<const State*>(ctx)->root, std::string_view(pointer));
  }
  template <class Found, class Out>
  static widelimit_status answer(const Found& found, Out* out) {
    if (!found) return WIDELIMIT_E_PARAMS;
    *out = static_cast<Out>(*found);
    return WIDELIMIT_OK;
  }
};

Params::Params(std::string_view json) : state_(std::make_unique<State>()) {
  Document document(json);
  document.report.throw_if_any(document.texts);
  if (document.value->object() == nullptr)
    throw Error(ErrorCode::usage,
                "parameters are an object, got " + detail::short_json(*document.value));
  state_->text = json;
  state_->root = std::move(*document.value);
  widelimit_params& abi = state_->abi;
  abi.struct_size = sizeof abi;
  abi.ctx = state_.get();
  abi.number = [](const void* ctx, const char* pointer, double* out) {
    const Value* value = State::at(ctx, pointer);
    return State::answer(value != nullptr ? value->number() : std::nullopt, out);
  };
  abi.integer = [](const void* ctx, const char* pointer, std::int64_t* out) {
    const Value* value = State::at(ctx, pointer);
    return State::answer(value != nullptr ? value->integer() : std::nullopt, out);
  };
  abi.boolean = [](const void* ctx, const char* pointer, std::int32_t* out) {
    const Value* value = State::at(ctx, pointer);
    return State::answer(value != nullptr ? value->boolean() : nullptr, out);
  };
  abi.string = [](const void* ctx, const char* pointer, const char** out, std::uint64_t* length) {
    const Value* value = State::at(ctx, pointer);
    if (value == nullptr || value->string() == nullptr) return widelimit_status{WIDELIMIT_E_PARAMS};
    *out = value->string()->c_str();
    if (length != nullptr) *length = value->string()->size();
    return widelimit_status{WIDELIMIT_OK};
  };
  abi.length = [](const void* ctx, const char* pointer, std::uint64_t* out) {
    const Value* value = State::at(ctx, pointer);
    std::optional<std::size_t> length;
    if (value != nullptr && value->array() != nullptr) length = value->array()->size();
    if (value != nullptr && value->object() != nullptr) length = value->object()->size();
    return State::answer(length, out);
  };
  abi.json = [](const void* ctx, std::uint64_t* length) {
    const std::string& text = static_cast<const State*>(ctx)->text;
    if (length != nullptr) *length = text.size();
    return text.c_str();
  };
}

Params::Params(Params&&) noexcept = default;
Params& Params::operator=(Params&&) noexcept = default;
Params::~Params() = default;

const widelimit_params* Params::abi() const noexcept { return &state_->abi; }

std::vector<Problem> check_schema(std::string_view schema) {
  return detail::read_schema(schema).problems;
}

ValidatedParams validate_params(std::string_view schema, std::string_view json) {
  const Value sound = sound_schema(schema);
  Document document(json);
  ValidatedParams validated;
  if (document.value && document.value->object() == nullptr) {
    document.report.add(*document.value, {},
                        "parameters are an object, got " + detail::short_json(*document.value));
  } else if (document.value) {
    const Value filled = detail::conform(sound, *document.value, {}, {owner}, document.report);
    if (document.report.empty()) validated.json = detail::to_json(filled);
  }
  validated.problems = document.problems();
  return validated;
}

std::string draw_valid_params(std::string_view schema, std::uint64_t seed) {
  return detail::to_json(detail::draw_params(sound_schema(schema), seed));
}

std::vector<InvalidParams> draw_invalid_params(std::string_view schema, std::uint64_t seed) {
  const Value sound = sound_schema(schema);
  std::vector<InvalidParams> all;
  for (const auto& [value, pointer] : detail::spoil(sound, detail::draw_params(sound, seed)))
    all.push_back({detail::to_json(value), pointer});
  return all;
}

}  // namespace widelimit
