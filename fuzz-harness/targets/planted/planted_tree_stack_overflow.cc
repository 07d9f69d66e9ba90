// Planted bug: tree-cycle-unchecked
// Kind:        stack-overflow
// Function:    tree::height
//
// A binary tree stored as pairs of indices. Nothing forbids that a node is its own descendant.
#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace tree {

struct Tree {
  const std::uint8_t* nodes;  // two bytes a node: left, right; 0 means none
  std::size_t count;
};

[[gnu::noinline]] std::size_t height(const Tree& tree, std::size_t node) {
  if (node >= tree.count) return 0;
  const std::size_t left = tree.nodes[2 * node];
  const std::size_t right = tree.nodes[2 * node + 1];
  const std::size_t below_left = left == 0 ? 0 : height(tree, left);  // BUG: a cycle never ends
  const std::size_t below_right = right == 0 ? 0 : height(tree, right);
  return 1 + std::max(below_left, below_right);
}

}  // namespace tree

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4 || data[0] != 'T' || data[1] != 'R') return 0;
  [[maybe_unused]] static volatile std::size_t sink;
  sink = tree::height({data + 2, (size - 2) / 2}, 0);
  return 0;
}
