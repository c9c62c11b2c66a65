// The sentence is made from the facts of the error: which samples, of which kernel, and what is
// wrong.
#include "sample_errors.hpp"

#include <string>

namespace widelimit::experiment {
namespace {

SampleNumber in_data(const SampleNumber& sample, const SampleSides& sides) {
  return {sample.set == SampleSet::x1   ? sides.x1
          : sample.set == SampleSet::x2 ? sides.x2
                                        : sample.set,
          sample.number};
}

std::string name_of(const SampleNumber& sample) {
  return "sample " + std::to_string(sample.number) + " of the " +
         (sample.set == SampleSet::test ? "test" : "training") + " set";
}

std::string subject_of(const ErrorFacts& facts, const SampleSides& sides) {
  const SampleNumber sample = in_data(*facts.sample, sides);
  if (!facts.kernel) return name_of(sample) + " (counted from 0)";
  std::string text = std::string("the ") + (*facts.kernel == Kernel::nngp ? "NNGP" : "NTK") +
                     " kernel of " + name_of(sample);
  if (!facts.other_sample) return text + " (counted from 0)";
  const SampleNumber other = in_data(*facts.other_sample, sides);
  if (other.set == sample.set && other.number == sample.number)
    return text + " with itself (counted from 0)";
  return text + " and " + name_of(other) + " (counted from 0)";
}

/// "; sample 3 is from a.csv, row 5", or nothing for data without a file.
std::string origin_of(const SampleNumber& sample, const DataSource& source, bool split) {
  if (source.type == SourceType::make_regression) return {};
  return "; sample " + std::to_string(sample.number) + " is from " + source.x.string() +
         (split ? ", split"
          : source.rows || source.table.missing == MissingValues::drop
              ? ""
              : ", row " + std::to_string(source.offset + sample.number));
}

}  // namespace

SampleSides sides_of(Block block) {
  return {block == Block::train_train ? SampleSet::train : SampleSet::test,
          block == Block::test_test ? SampleSet::test : SampleSet::train};
}

Error with_sample_source(const Error& error, const SampleSides& sides, const DataSpec& data) {
  const ErrorFacts& facts = error.facts();
  if (!facts.sample || facts.reason.empty()) return error;
  const SampleNumber sample = in_data(*facts.sample, sides);
  const DataSource& source = sample.set == SampleSet::test && data.test ? *data.test : data.train;
  return Error(error.code(),
               subject_of(facts, sides) + " " + facts.reason +
                   origin_of(sample, source, data.split.has_value()),
               source.place.pointer, facts);
}

}  // namespace widelimit::experiment
