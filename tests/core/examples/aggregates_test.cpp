// Every public aggregate takes designated initialisers for some of its members, without a warning
// about the others, which have defaults. Compiled with the warnings as errors.
#include <widelimit/widelimit.hpp>

#include <doctest/doctest.h>

using namespace widelimit;

TEST_CASE("shapes, kernels and tiles") {
  CHECK(SampleShape{.channels = 3}.sites.empty());
  CHECK(SampleShape{.sites = {4, 4}}.channels == 0);
  CHECK(PerKernel<int>{.ntk = 2}.nngp == 0);
  CHECK(PerBlock<int>{.test_test = 2}.train_train == 0);
  CHECK_FALSE(KernelSet{.nngp = true}.ntk);
  CHECK(TileArea{.rows = 2, .cols = 3}.row == 0);
  CHECK(Tile{.ld = 4}.values.ntk == nullptr);
  CHECK(TileSize{.side = 128}.lanes == 0);
  CHECK(Memory{.per_thread = 8}.total(2) == 16);
  CHECK(Cost{.pairs = 9}.memory == Memory{});
  CHECK(PlannedLayer{.type = "relu"}.displacements == 1);
  CHECK(LayerStatistics{.type = "relu"}.mean_ntk == 0);
}

TEST_CASE("runtimes, catalogues and descriptions") {
  const RuntimeOptions options{.threads = 2};
  CHECK(options.use_environment);
  CHECK_FALSE(options.plugins.has_value());
  CHECK(RuntimeOptions{.plugin_path = {"plugins"}, .unload = true}.threads == 0);
  CHECK_FALSE(SearchStep{.where = "the program"}.problem);
  CHECK(PluginInfo{.id = "org.example"}.layers.empty());
  CHECK(TypeInfo{.name = "relu"}.kind == TypeKind::layer);
  CHECK(BuildInfo{.release = "1"}.abi.empty());
  CHECK(Place{.pointer = "/network"}.line == 0);
  CHECK(LayerSpec{.type = "relu"}.params.empty());
  CHECK(SolverSpec{.type = "cholesky"}.place.line == 0);
  CHECK(Progress{.phase = "kernel"}.total == 0);
  CHECK(Problem{.message = "wrong"}.line == 0);
  CHECK(SampleNumber{.number = 4}.set == SampleSet::x1);
  CHECK(ErrorFacts{.kernel = Kernel::ntk}.index == -1);
}

TEST_CASE("inference") {
  const InferenceOptions options{.kernel = DrivingKernel::ntk, .diag_reg = 1e-3};
  CHECK(options.method == Method::gp_inference);
  CHECK(options.times.empty());
  const Matrix y(2, 1);
  CHECK(InferenceProblem{.y_train = &y}.kernels.nngp.factorised == nullptr);
  CHECK(StreamedProblem{.y_train = &y}.train_train == nullptr);
  CHECK(KernelBlocks{.train_train = &y}.test_test == nullptr);
  CHECK_FALSE(InferenceNeeds{.eigen = true}.test_diagonal.any());
  CHECK(LeaveOneOut{.variance = {1}}.mean.empty());
  CHECK(Prediction{.ridge = 1}.left_out.mean.empty());
  CHECK(LossCurves{.time = {0, 1}}.test_expected.empty());
  CHECK(InferenceResult{.ridge = 1}.predictions.empty());
  CHECK(InferenceSize{.train = 3}.outputs == 0);
  CHECK(InferenceCost{.flops = 3}.factor_bytes == 0);
  CHECK(SolveInfo{.iterations = 3}.rcond != SolveInfo{}.rcond);  // NaN
  CHECK(Eigen{.values = {1}}.vectors.empty());
}

TEST_CASE("finite networks and stores") {
  const TrainOptions options{.learning_rate = 0.5, .steps = 10};
  CHECK_FALSE(options.batch_size.has_value());
  CHECK(TrainOptions{.batch_size = 8}.steps == 1000);
  CHECK(FiniteNetwork::Block{.size = 4}.name.empty());
  CHECK(LossRecord{.step = 4}.train == 0);
  CHECK(TrainedMember{.parameters = {1}}.predictions.empty());
  CHECK(StorePart{.name = "layer 1"}.value.empty());
  CHECK(StoreSpec{.rows = 3, .cols = 3}.origin.empty());
  CHECK(StoreOptions{.batch_bytes = 1}.batch_time.count() == 10000);
}

TEST_CASE("experiment files, data and parameters") {
  CHECK(DataSource{.type = SourceType::csv}.header);
  CHECK(Split{.test_fraction = 0.5}.shuffle);
  CHECK(PreprocessStep{.factor = 2}.names.empty());
  CHECK_FALSE(DataSpec{.split = Split{}}.test.has_value());
  CHECK(KernelChoice{.store = StoreChoice::keep}.compute == both_kernels);
  CHECK(InferenceSpec{.name = "gp"}.kernels.empty());
  CHECK(FiniteSpec{.options = {.steps = 5}}.place.line == 0);
  CHECK(Experiment{.title = "test"}.network.empty());
  CHECK(Dataset{.y_names = {"height"}}.x.count() == 0);
  CHECK_FALSE(TrainTest{.train = {}}.test.has_value());
  CHECK(DataShape{.count = 3}.outputs == 0);
  CHECK_FALSE(DataShapes{.train = {.count = 3}}.test.has_value());
  CHECK(TargetTransform{.classes = 3}.mean.empty());
  CHECK(ValidatedParams{.json = "{}"}.problems.empty());
  CHECK(InvalidParams{.json = "{}"}.pointer.empty());
}
