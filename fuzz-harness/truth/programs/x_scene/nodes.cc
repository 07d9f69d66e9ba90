#include <algorithm>

#include "scene.h"

namespace scene {

Node::~Node() = default;

Group::~Group() {
  for (Node* child : children_) {
    child->parent = nullptr;
  }
}

void Group::accept(Visitor& visitor) { visitor.on_group(*this); }

int Group::weight() const {
  int sum = 0;
  for (const Node* child : children_) {
    sum += child->weight();
  }
  return sum;
}

// The child keeps its place in the group it had before: `parent` is replaced, the old list is not mended.
void Group::adopt(Node* child) {
  child->parent = this;
  children_.push_back(child);
}

void Group::detach(Node* child) {
  children_.erase(std::remove(children_.begin(), children_.end(), child), children_.end());
  child->parent = nullptr;
}

Shape::~Shape() { delete material_; }

void Shape::accept(Visitor& visitor) { visitor.on_shape(*this); }

void Shape::paint() {
  if (material_ == nullptr) {
    material_ = new Material;
  }
}

void Light::accept(Visitor& visitor) { visitor.on_light(*this); }

void touch(Node* node, uint32_t stamp) { node->stamp = stamp; }

namespace {

class Painter final : public Visitor {
 public:
  void on_group(Group& group) override {
    for (Node* child : group.children()) {
      child->accept(*this);
    }
  }
  void on_shape(Shape& shape) override { ink += shape.x + shape.y; }
  void on_light(Light& light) override { ink += light.power; }

  int ink = 0;
};

}  // namespace

int draw(Node& node) {
  Painter painter;
  node.accept(painter);
  return painter.ink;
}

}  // namespace scene
