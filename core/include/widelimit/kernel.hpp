// The two kernels of a network, and their blocks between training and test samples.
// Thread safety: values.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace widelimit {

/// `nngp`: the covariance of the network's outputs before training. `ntk`: the neural tangent
/// kernel, which determines gradient descent.
enum class Kernel { nngp, ntk };
inline constexpr std::array all_kernels{Kernel::nngp, Kernel::ntk};

/// The name in experiment files and in the names of output files: "nngp", "ntk".
[[nodiscard]] constexpr std::string_view name_of(Kernel kernel) noexcept {
  return kernel == Kernel::nngp ? "nngp" : "ntk";
}
/// The kernel with this name; empty for any other name.
[[nodiscard]] constexpr std::optional<Kernel> kernel_named(std::string_view name) noexcept {
  for (const Kernel kernel : all_kernels)
    if (name_of(kernel) == name) return kernel;
  return std::nullopt;
}

/// A value for each kernel.
template <class T>
struct PerKernel {
  T nngp{}, ntk{};
  [[nodiscard]] constexpr T& operator[](Kernel kernel) noexcept {
    return kernel == Kernel::nngp ? nngp : ntk;
  }
  [[nodiscard]] constexpr const T& operator[](Kernel kernel) const noexcept {
    return kernel == Kernel::nngp ? nngp : ntk;
  }
};

/// One kernel, both or none.
struct KernelSet {
  bool nngp = false, ntk = false;
  [[nodiscard]] static constexpr KernelSet only(Kernel kernel) noexcept {
    return {.nngp = kernel == Kernel::nngp, .ntk = kernel == Kernel::ntk};
  }
  [[nodiscard]] constexpr bool& operator[](Kernel kernel) noexcept {
    return kernel == Kernel::nngp ? nngp : ntk;
  }
  [[nodiscard]] constexpr bool operator[](Kernel kernel) const noexcept {
    return kernel == Kernel::nngp ? nngp : ntk;
  }
  [[nodiscard]] constexpr bool any() const noexcept { return nngp || ntk; }
  [[nodiscard]] constexpr int count() const noexcept { return (nngp ? 1 : 0) + (ntk ? 1 : 0); }
  constexpr KernelSet& operator|=(KernelSet other) noexcept { return *this = *this | other; }
  [[nodiscard]] friend constexpr KernelSet operator|(KernelSet a, KernelSet b) noexcept {
    return {.nngp = a.nngp || b.nngp, .ntk = a.ntk || b.ntk};
  }
  [[nodiscard]] friend constexpr KernelSet operator&(KernelSet a, KernelSet b) noexcept {
    return {.nngp = a.nngp && b.nngp, .ntk = a.ntk && b.ntk};
  }
  [[nodiscard]] friend constexpr bool operator==(KernelSet, KernelSet) noexcept = default;
};
inline constexpr KernelSet both_kernels{.nngp = true, .ntk = true};

/// A block of a kernel between two sets of samples. The first set belongs to the rows.
enum class Block { train_train, test_train, test_test };
inline constexpr std::array all_blocks{Block::train_train, Block::test_train, Block::test_test};

/// The name in the names of output files: "train_train", "test_train", "test_test".
[[nodiscard]] constexpr std::string_view name_of(Block block) noexcept {
  return block == Block::train_train  ? "train_train"
         : block == Block::test_train ? "test_train"
                                      : "test_test";
}
/// The block with this name; empty for any other name.
[[nodiscard]] constexpr std::optional<Block> block_named(std::string_view name) noexcept {
  for (const Block block : all_blocks)
    if (name_of(block) == name) return block;
  return std::nullopt;
}
/// Whether rows and columns belong to the same samples.
[[nodiscard]] constexpr bool is_symmetric(Block block) noexcept {
  return block != Block::test_train;
}

/// A value for each block.
template <class T>
struct PerBlock {
  T train_train{}, test_train{}, test_test{};
  [[nodiscard]] constexpr T& operator[](Block block) noexcept {
    return block == Block::train_train  ? train_train
           : block == Block::test_train ? test_train
                                        : test_test;
  }
  [[nodiscard]] constexpr const T& operator[](Block block) const noexcept {
    return block == Block::train_train  ? train_train
           : block == Block::test_train ? test_train
                                        : test_test;
  }
};

}  // namespace widelimit
