// Propagates needed displacements backwards through a network.
#include "engine/spatial/demands.hpp"

#include <widelimit/error.hpp>

#include "base/sizes.hpp"
#include "boundary/layer.hpp"
#include "engine/spatial/window_map.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace widelimit::detail {

Axes displacement_at(const Image& image, std::int64_t index) noexcept {
  Axes d{};
  for (std::size_t a = max_axes; a-- > 0;) {
    const std::int64_t n = 2 * image.extent[a] - 1;
    d[a] = static_cast<std::int32_t>(index % n) - image.extent[a] + 1;
    index /= n;
  }
  return d;
}

Demands::Demands(const SpatialProgram& program, Purpose purpose)
    : program_(program), needed_(program.ops.size()) {
  for (std::size_t i = 0; i < program.ops.size(); ++i)
    needed_[i].resize(to_size(program.ops[i].image.displacements()));
  if (purpose != Purpose::variances) require(program.result.op, {});
  std::vector<Axes> read;
  for (std::size_t i = program.ops.size(); i-- > 0;) {
    const FieldOp& op = program.ops[i];
    if (purpose != Purpose::pairs && op.variances >= 0) require(static_cast<int>(i), {});
    for (const Axes& d : displacements_of(i))
      for (std::size_t input = 0; input < op.inputs.size(); ++input) {
        find_inputs(i, input, d, read);
        for (const Axes& r : read) require(op.inputs[input].op, r);
      }
  }
}

void Demands::require(int op, const Axes& d) {
  const auto at = to_size(op);
  needed_[at][to_size(program_.ops[at].image.index_of(d))] = true;
}

std::vector<Axes> Demands::displacements_of(std::size_t op) const {
  std::vector<Axes> all;
  for (std::size_t i = 0; i < needed_[op].size(); ++i)
    if (needed_[op][i])
      all.push_back(displacement_at(program_.ops[op].image, static_cast<std::int64_t>(i)));
  return all;
}

void Demands::find_inputs(std::size_t op, std::size_t input, const Axes& d,
                          std::vector<Axes>& read) const {
  const FieldOp& o = program_.ops[op];
  if (o.kind == FieldOp::Kind::stencil || o.kind == FieldOp::Kind::gather)
    return find_inputs_by_plugin(o, d, read);
  const FieldOperand& operand = o.inputs[input];
  find_input_displacements(operand.pending, program_.ops[to_size(operand.op)].image, d, read);
}

void Demands::find_inputs_by_plugin(const FieldOp& op, const Axes& d,
                                    std::vector<Axes>& read) const {
  const Layer& layer = *op.node->layer;
  const Image& input = program_.ops[to_size(op.inputs.front().op)].image;
  widelimit_reads reads{};
  reads.struct_size = sizeof reads;
  const widelimit_shape* const in_shape = &op.in_shape.front();
  reads.n_inputs = 1;
  reads.in_shape = &in_shape;
  for (std::size_t a = 0; a < max_axes; ++a) reads.output[a] = d[a];
  std::vector<std::int64_t> list;
  const auto call_reads = [&] {
    reads.count = 0;
    call_layer_setup(layer, [&](const widelimit_layer* object, widelimit_error* error) {
      return layer.table->infinite->reads(object, &reads, error);
    });
  };
  call_reads();
  list.resize(to_size(std::max<std::int64_t>(reads.count, 0)) * max_axes);
  reads.capacity = reads.count;
  reads.displacements = reinterpret_cast<std::int64_t(*)[max_axes]>(list.data());
  if (reads.capacity > 0) call_reads();

  std::vector<std::int64_t> indices;
  for (std::size_t i = 0; i + max_axes <= list.size(); i += max_axes) {
    Axes read_d{};
    bool exists = true;
    for (std::size_t a = 0; a < max_axes; ++a) {
      exists = exists && std::abs(list[i + a]) < input.extent[a];
      read_d[a] = static_cast<std::int32_t>(list[i + a]);
    }
    if (exists) indices.push_back(input.index_of(read_d));
  }
  std::sort(indices.begin(), indices.end());
  indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
  if (op.kind == FieldOp::Kind::stencil && indices.size() > 1)
    throw Error(ErrorCode::usage,
                "\"" + layer.type +
                    "\" is a stencil that reads several displacements; only "
                    "gathering layers may do that",
                layer.place.pointer);
  read.clear();
  for (const std::int64_t i : indices) read.push_back(displacement_at(input, i));
}

}  // namespace widelimit::detail
