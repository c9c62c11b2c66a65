// Networks and solvers: types, parameters, repeat, inputs, names.
#include "catalogue.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace widelimit {

using test::experiment_of;
using test::problems_of;

namespace {

/// "dense a.1, relu, sum(dense | )": what a network is made of.
std::string outline(const NetworkSpec& network) {
  std::string text;
  for (const LayerSpec& layer : network) {
    text += (text.empty() ? "" : ", ") + layer.type + (layer.name.empty() ? "" : " " + layer.name);
    if (layer.inputs.empty()) continue;
    text += "(";
    for (std::size_t b = 0; b < layer.inputs.size(); ++b)
      text += (b == 0 ? "" : " | ") + outline(layer.inputs[b]);
    text += ")";
  }
  return text;
}

NetworkSpec network_of(const std::string& text) {
  return ExperimentText::parse(text).validate_network(test::catalogue());
}

std::string problems_of_network(const std::string& text, const Catalogue& catalogue) {
  return problems_of(
      [&] { static_cast<void>(ExperimentText::parse(text).validate_network(catalogue)); });
}

}  // namespace

TEST_CASE("a layer is a name or an object, and gets its defaults") {
  const NetworkSpec network =
      network_of("[{\"type\": \"dense\", \"W_std\": 1.5, \"name\": \"first\"},\n  \"relu\"]");
  REQUIRE(network.size() == 2);
  CHECK(network[0].type == "dense");
  CHECK(network[0].name == "first");
  CHECK(
      network[0].params ==
      R"({"W_std": 1.5, "width": null, "b_std": null, "parameterization": "ntk", "trainable": true})");
  CHECK(network[0].place.pointer == "/network/0");
  CHECK(network[0].place.line == 1);
  CHECK(network[0].place.column == 2);
  CHECK(network[1].type == "relu");
  CHECK(network[1].params == "{}");
  CHECK(network[1].place.line == 2);
  CHECK(network[1].place.column == 3);
}

TEST_CASE("problems that the parser finds in a bare network have a position like all others") {
  CHECK(
      problems_of_network(R"(["relu", {"type": "dense", "type": "relu"}])", test::catalogue()) ==
      "line 1, column 28: /network/1/type: the key \"type\" is given twice in this object; remove "
      "one");
}

TEST_CASE("a network stands alone or in an object") {
  CHECK(outline(network_of(R"({"network": ["dense"]})")) == "dense");
  CHECK(outline(network_of(R"(["dense"])")) == "dense");
  CHECK(outline(network_of(R"({"format": 1, "network": ["dense"], "kernel": {"compute": 3}})")) ==
        "dense");
  CHECK(problems_of_network(R"({"netwrok": ["dense"]})", test::catalogue())
            .find("/netwrok: unknown key \"netwrok\"; did you mean \"network\"?") !=
        std::string::npos);
  CHECK(problems_of_network("5", test::catalogue()) ==
        "line 1, column 1: must be an object, got 5");
}

TEST_CASE("an unknown type is reported with the nearest name and how many there are") {
  CHECK(problems_of(experiment_of(R"([{"type": "eft"}])")) ==
        "line 1, column 23: /network/0/type: no layer type \"eft\"; did you mean \"erf\"?   (18 "
        "types "
        "from 4 plugins; see `widelimit plugins`)");
  CHECK(problems_of(experiment_of(R"(["xyzzy"])")) ==
        "line 1, column 14: /network/0: no layer type \"xyzzy\"   (18 types from 4 plugins; see "
        "`widelimit plugins`)");
  CHECK(problems_of(experiment_of(R"(["Layer-Norm"])")).find("did you mean \"layer_norm\"?") !=
        std::string::npos);
  CHECK(problems_of(experiment_of(R"(["cholesky"])"))
            .find("no layer type \"cholesky\"; it is a solver") != std::string::npos);
}

TEST_CASE("a layer of other libraries is reported with what comes nearest, or why there is none") {
  const auto reported = [](const std::string& name) {
    const std::string all =
        problems_of_network("[\"" + name + "\"]", test::catalogue_with_images());
    const std::string begins = "/0: no layer type \"" + name + "\"; ";
    const std::size_t begin = all.find(begins), end = all.find("   (");
    REQUIRE(begin != std::string::npos);
    REQUIRE(end != std::string::npos);
    return all.substr(begin + begins.size(), end - begin - begins.size());
  };
  CHECK(
      reported("tanh") ==
      "\"erf\" comes nearest: {\"type\": \"erf\", \"b\": 0.833} differs from tanh by 0.02 at most");
  CHECK(reported("sigmoid") ==
        "\"sigmoid_like\" comes nearest: it differs from the sigmoid by 0.01 at most");
  CHECK(reported("softmax") ==
        "the infinite-width limit has no such layer, because it divides by a sum over the outputs, "
        "which are independent in the limit. Leave it out and give classes as targets with the "
        "step one_hot: the results have the probabilities of the classes");
  const std::string pooling =
      "\"avg_pool\" comes nearest: the infinite-width limit has no maximum over several numbers, "
      "because the covariance of two maxima depends on all of these numbers together and has no "
      "closed form";
  for (const char* name : {"max_pool", "MaxPool2d", "MaxPooling2D", "max-pool"})
    CHECK(reported(name) == pooling);
  CHECK(reported("Linear") == "here it is called \"dense\"");
  CHECK(reported("Conv2D") == "here it is called \"conv\"");
  CHECK(reported("BatchNorm1d").starts_with("\"layer_norm\" comes nearest: "));
  CHECK(reported("silu").starts_with("\"gelu\" comes nearest: a plugin can have the function "));
  CHECK(reported("dropout").starts_with("at infinite width its noise "));
  CHECK(reported("ReLU6").starts_with("\"relu\" comes nearest: "));
  // A type that this installation lacks is not recommended.
  CHECK(problems_of_network(R"(["max_pool"])", test::catalogue()).find("avg_pool") ==
        std::string::npos);
}

TEST_CASE("parameters are checked against the plugin's schema, with all that is wrong") {
  CHECK(
      problems_of(experiment_of(R"([
  {"type": "dense", "W_sdt": 1.5, "b_std": -2,
   "width": 2.5, "trainable": "no", "parameterization": "ntkk"},
  {"type": "rbf", "gamma": 0}])")) ==
      R"(line 2, column 21: /network/0/W_sdt: unknown key "W_sdt"; did you mean "W_std"?   (dense takes width, W_std, b_std, parameterization, trainable; see `widelimit describe dense`)
line 2, column 44: /network/0/b_std: must be >= 0, got -2   (number or null; see `widelimit describe dense`)
line 3, column 13: /network/0/width: must be an integer >= 1 or null, got 2.5   (see `widelimit describe dense`)
line 3, column 31: /network/0/trainable: must be true or false, got "no"   (default true; see `widelimit describe dense`)
line 3, column 57: /network/0/parameterization: must be one of "ntk", "standard", got "ntkk"; did you mean "ntk"?   (default "ntk"; see `widelimit describe dense`)
line 4, column 28: /network/1/gamma: must be > 0, got 0   (number, default 1; see `widelimit describe rbf`))");
}

TEST_CASE("a required parameter that is missing is named, also for a layer that is a name alone") {
  CHECK(
      problems_of(experiment_of(R"(["leaky_relu", {"type": "ab_relu", "a": 1}])")) ==
      R"(line 1, column 14: /network/0/alpha: is missing   (number; see `widelimit describe leaky_relu`)
line 1, column 28: /network/1/b: is missing   (number; see `widelimit describe ab_relu`))");
}

TEST_CASE("an integer may be written as a number without a fraction") {
  CHECK(network_of(R"([{"type": "dense", "width": 1e2}])")[0].params.find("\"width\": 100.0") !=
        std::string::npos);
  CHECK(problems_of(experiment_of(R"([{"type": "dense", "width": 1e300}])"))
            .find("/network/0/width: must be an integer >= 1 or null, got 1e+300") !=
        std::string::npos);
  CHECK(problems_of(experiment_of(R"([{"type": "dense", "width": 0}])"))
            .find("/network/0/width: must be >= 1, got 0") != std::string::npos);
}

TEST_CASE("what is no layer at all is refused with what was expected") {
  CHECK(
      problems_of(experiment_of(R"([5, {"tpye": "dense"}, {"type": 3}, null])")) ==
      R"(line 1, column 14: /network/0: must be an object with "type", the name of a layer type, got 5
line 1, column 17: /network/1/type: is missing: the name of a layer type; is "tpye" a misspelling of it?
line 1, column 45: /network/2/type: must be the name of a layer type, got 3
line 1, column 49: /network/3: must be an object with "type", the name of a layer type, got null)");
  CHECK(problems_of(experiment_of("[]")) ==
        "line 1, column 13: /network: must have at least 1 layer, got none");
  CHECK(problems_of(experiment_of("\"dense\"")) ==
        "line 1, column 13: /network: must be a list of layers, got \"dense\"");
}

TEST_CASE("repeat unrolls a group of layers, nested too, and numbers their names") {
  const NetworkSpec network = network_of(R"([
      {"repeat": 2, "layers": [{"type": "dense", "name": "block"},
                               {"repeat": 2, "layers": [{"type": "dense", "name": "inner"}]},
                               "relu"]},
      {"type": "dense", "name": "last"}])");
  CHECK(outline(network) ==
        "dense block.1, dense inner.1.1, dense inner.1.2, relu, "
        "dense block.2, dense inner.2.1, dense inner.2.2, relu, dense last");
  CHECK(network[0].place.pointer == "/network/0/layers/0");
  CHECK(network[4].place.pointer == "/network/0/layers/0");
  CHECK(network[4].place.line == 2);
}

TEST_CASE("repeat on a layer repeats that layer") {
  CHECK(outline(network_of(R"([{"type": "dense", "repeat": 3, "name": "d"}, "relu"])")) ==
        "dense d.1, dense d.2, dense d.3, relu");
  CHECK(network_of(R"([{"type": "dense", "repeat": 2}])")[1].params.find("repeat") ==
        std::string::npos);
}

TEST_CASE("repeat must be a whole number of times, and layers must be there") {
  CHECK(problems_of(experiment_of(R"([{"repeat": 0, "layers": ["relu"]},
  {"repeat": 1.5, "layers": ["relu"]}, {"type": "relu", "repeat": -1},
  {"repeat": 2}, {"layers": ["relu"]}, {"repeat": 2, "layers": []},
  {"repeat": 2, "layers": ["relu"], "name": "x"}])")) ==
        R"(line 1, column 25: /network/0/repeat: must be >= 1, got 0   (integer)
line 2, column 14: /network/1/repeat: must be an integer >= 1, got 1.5
line 2, column 67: /network/2/repeat: must be >= 1, got -1   (integer)
line 3, column 3: /network/3/layers: is missing
line 3, column 18: /network/4/repeat: is missing   (integer)
line 3, column 64: /network/5/layers: must have at least 1 layer, got none
line 4, column 37: /network/6/name: unknown key "name"   (a repeated group takes repeat, layers))");
}

TEST_CASE("a huge repeat is refused before anything is unrolled") {
  const std::string more = "unrolls to more than 100000 layers";
  CHECK(problems_of(experiment_of(R"([{"repeat": 9223372036854775807, "layers": ["relu"]}])")) ==
        "line 1, column 25: /network/0/repeat: " + more);
  CHECK(problems_of(experiment_of(R"([{"type": "relu", "repeat": 100001}])")) ==
        "line 1, column 41: /network/0/repeat: " + more);
  CHECK(problems_of(experiment_of(
            R"([{"repeat": 1000, "layers": [{"repeat": 1000, "layers": ["relu"]}]}])")) ==
        "line 1, column 25: /network/0/repeat: " + more);
  CHECK(problems_of(experiment_of(
            R"([{"repeat": 60000, "layers": ["relu"]}, {"repeat": 60000, "layers": ["relu"]}])")) ==
        "line 1, column 13: /network: " + more);
  CHECK(
      problems_of(experiment_of(
          R"([{"type": "sum", "repeat": 2, "inputs": [[{"repeat": 60000, "layers": ["relu"]}], []]}])")) ==
      "line 1, column 40: /network/0/repeat: " + more);
  CHECK(network_of(R"([{"type": "relu", "repeat": 100000}])").size() == 100000);
}

TEST_CASE("layers that combine several inputs take networks, [] being the identity") {
  const NetworkSpec network = network_of(R"(["dense",
      {"type": "sum", "inputs": [[], ["relu", {"type": "dense", "name": "d"}]], "repeat": 2}])");
  CHECK(outline(network) == "dense, sum( | relu, dense d.1), sum( | relu, dense d.2)");
  CHECK(network[1].params == "{}");
  CHECK(network[1].inputs[1][0].place.pointer == "/network/1/inputs/1/0");
}

TEST_CASE("inputs are demanded where a type takes several and refused where it does not") {
  CHECK(
      problems_of(experiment_of(R"(["sum", {"type": "concat", "inputs": []},
  {"type": "relu", "inputs": [[]]}, {"type": "product", "inputs": [["eft"], "relu"]},
  {"type": "sum", "inputs": "relu"}])")) ==
      R"(line 1, column 14: /network/0/inputs: is missing: a list of networks that "sum" combines, where [] is the input of this layer, as in {"type": "sum", "inputs": [[], ["relu"]]}
line 1, column 50: /network/1/inputs: "concat" takes at least 2 inputs, got 0
line 2, column 30: /network/2/inputs: "relu" takes one input, the layer before it; "inputs" is for layers that combine several (sum, product, concat)
line 2, column 69: /network/3/inputs/0/0: no layer type "eft"; did you mean "erf"?   (18 types from 4 plugins; see `widelimit plugins`)
line 2, column 77: /network/3/inputs/1: must be a list of layers, got "relu"
line 3, column 29: /network/4/inputs: must be a list of networks, got "relu")");
  const Catalogue two =
      test::catalogue_with({test::layer("x", "pair", "{\"type\": \"object\"}", 2, 2)});
  CHECK(problems_of_network(R"([{"type": "pair", "inputs": [[], [], []]}])", two) ==
        "line 1, column 29: /network/0/inputs: \"pair\" takes at most 2 inputs, got 3");
}

TEST_CASE("names of layers can be parts of file names, and differ") {
  CHECK(
      problems_of(
          experiment_of(R"([{"type": "dense", "name": "../../x"}, {"type": "relu", "name": ""},
  {"type": "dense", "name": "a"}, {"type": "sum", "inputs": [[], [{"type": "relu", "name": "a"}]]}])")) ==
      R"(line 1, column 40: /network/0/name: must be up to 100 letters, digits, _ - + or . (it becomes part of file names), got "../../x"
line 1, column 77: /network/1/name: must be up to 100 letters, digits, _ - + or . (it becomes part of file names), got ""
line 2, column 92: /network/3/inputs/1/0/name: the name "a" is taken by /network/2/name; names of layers must differ)");
  CHECK(problems_of(experiment_of(R"([{"type": "dense", "name": "a", "repeat": 2},
  {"type": "dense", "name": "a.2"}])")) ==
        "line 2, column 29: /network/1/name: the name \"a.2\" is taken by /network/0; names of "
        "layers "
        "must differ");
}

TEST_CASE("a type name of two plugins is refused with both files until it is qualified") {
  const Catalogue two = test::catalogue_with(
      {test::layer("com.example.erf", "erf", R"({"type": "object", "properties":
          {"scale": {"type": "number", "default": 1}}})")});
  CHECK(problems_of_network(R"(["dense", "erf"])", two) ==
        "line 1, column 11: /network/1: layer type \"erf\" is offered by com.widelimit.sin "
        "(/plugins/com.widelimit.sin.so) and com.example.erf (/plugins/com.example.erf.so); write "
        "\"com.widelimit.sin/erf\" or \"com.example.erf/erf\"");
  const NetworkSpec spec =
      ExperimentText::parse(R"(["com.example.erf/erf"])").validate_network(two);
  CHECK(spec[0].type == "com.example.erf/erf");
  CHECK(spec[0].params == "{\"scale\": 1}");
  CHECK(problems_of_network(R"(["com.example.erf/eft"])", two)
            .find("did you mean \"com.example.erf/erf\"?") != std::string::npos);
}

TEST_CASE("a schema outside the subset is reported as a mistake of its plugin") {
  const Catalogue broken = test::catalogue_with(
      {test::layer("com.example.odd", "odd", R"({"type": "object", "patternProperties": {}})")});
  CHECK(problems_of_network(R"(["odd"])", broken) ==
        "line 1, column 2: /network/0: the plugin com.example.odd (/plugins/com.example.odd.so) "
        "describes the parameters of \"odd\" wrongly: line 1, column 20: /patternProperties: the "
        "keyword \"patternProperties\" cannot stand here   (the subset has type, properties, "
        "required, additionalProperties, description); tell its author (`widelimit verify` finds "
        "this)");
}

TEST_CASE("the catalogue finds types by kind and by name or qualified name") {
  bool ambiguous = true;
  const Catalogue& all = test::catalogue();
  REQUIRE(all.find(TypeKind::layer, "erf", &ambiguous) != nullptr);
  CHECK_FALSE(ambiguous);
  CHECK(all.find(TypeKind::layer, "com.widelimit.sin/erf") == all.find(TypeKind::layer, "erf"));
  CHECK(all.find(TypeKind::solver, "erf") == nullptr);
  CHECK(all.names(TypeKind::solver) == std::vector<std::string>{"cholesky", "eigh"});
  const Catalogue two = test::catalogue_with({test::layer("x", "erf", "{}")});
  CHECK(two.find(TypeKind::layer, "erf", &ambiguous) == nullptr);
  CHECK(ambiguous);
  CHECK(two.find(TypeKind::layer, "x/erf", &ambiguous)->plugin_id == "x");
  CHECK_FALSE(ambiguous);
}

TEST_CASE("a solver is a name or an object") {
  const auto solver_of = [](const char* text) {
    return ExperimentText::parse(text).validate_solver(test::catalogue());
  };
  const auto problems = [&](const char* text) {
    return problems_of([&] { static_cast<void>(solver_of(text)); });
  };
  CHECK(solver_of("\"cholesky\"").type == "cholesky");
  CHECK(solver_of("\"cholesky\"").params == "{\"residual\": false}");
  CHECK(solver_of(R"({"type": "cholesky", "residual": true})").params == "{\"residual\": true}");
  CHECK(
      problems("\"choleski\"") ==
      "line 1, column 1: no solver type \"choleski\"; did you mean \"cholesky\"?   (2 types from 2 "
      "plugins; see `widelimit plugins`)");
  CHECK(problems(R"({"type": "cholesky", "residual": 1, "jitter": 0})") ==
        "line 1, column 34: /residual: must be true or false, got 1   (default false; "
        "see `widelimit describe cholesky`)\n"
        "line 1, column 37: /jitter: unknown key \"jitter\"   (cholesky takes residual; see "
        "`widelimit "
        "describe cholesky`)");
  CHECK(problems("[]") ==
        "line 1, column 1: must be an object with \"type\", the name of a solver, got []");
}

}  // namespace widelimit
