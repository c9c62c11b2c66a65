// Reads the pictures of all inferences in one pass over their source.
#include "pictures.hpp"

#include <widelimit/data.hpp>
#include <widelimit/files.hpp>

#include <algorithm>

namespace widelimit::experiment {

bool shows_pictures(const Samples& x) {
  return x.sites().size() == 2 && (x.channels() == 1 || x.channels() == 3);
}

void write_pictures(const Setup& setup, const MistakesById& mistakes, RunDirectory& directory) {
  std::vector<std::int64_t> wanted;
  for (const auto& [id, worst] : mistakes)
    for (const Mistake& mistake : worst) wanted.push_back(mistake.sample);
  std::ranges::sort(wanted);
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  const Samples x = load_test_samples(*setup.experiment.data, setup.experiment.seed, wanted).x;
  for (const auto& [id, worst] : mistakes) {
    std::vector<double> values;
    for (const Mistake& mistake : worst) {
      const auto row = std::ranges::lower_bound(wanted, mistake.sample) - wanted.begin();
      for (std::int64_t f = 0; f < x.features(); ++f) values.push_back(x.at(row, f));
    }
    const std::string file = "predictions/" + id + ".mistakes.npy";
    write_npy(directory.prepare(file), values.data(),
              {std::ssize(worst), x.sites()[0], x.sites()[1], x.channels()});
    directory.written(file);
  }
}

}  // namespace widelimit::experiment
