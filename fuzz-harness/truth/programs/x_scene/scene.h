// A small scene graph: nodes made by one factory, drawn through a visitor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace scene {

enum class Kind : uint8_t { group = 0, shape = 1, light = 2 };

struct Material {
  int red = 10;
  int green = 20;
  int gloss = 3;
};

struct Visitor;

class Node {
 public:
  virtual ~Node();
  virtual void accept(Visitor& visitor) = 0;
  virtual int weight() const = 0;
  virtual Kind kind() const = 0;

  uint32_t stamp = 0;
  int x = 0;
  int y = 0;
  char name[16] = {};
  Node* parent = nullptr;
};

class Group final : public Node {
 public:
  ~Group() override;
  void accept(Visitor& visitor) override;
  int weight() const override;
  Kind kind() const override { return Kind::group; }
  void adopt(Node* child);
  void detach(Node* child);
  size_t child_count() const { return children_.size(); }
  const std::vector<Node*>& children() const { return children_; }

 private:
  uint64_t bounds_[4] = {};
  std::vector<Node*> children_;
};

class Shape final : public Node {
 public:
  ~Shape() override;
  void accept(Visitor& visitor) override;
  int weight() const override { return 2; }
  Kind kind() const override { return Kind::shape; }
  void paint();
  Material& material() { return *material_; }

 private:
  Material* material_ = nullptr;
};

class Light final : public Node {
 public:
  void accept(Visitor& visitor) override;
  int weight() const override { return 1; }
  Kind kind() const override { return Kind::light; }

  int power = 1;
};

struct Visitor {
  virtual ~Visitor() = default;
  virtual void on_group(Group& group) = 0;
  virtual void on_shape(Shape& shape) = 0;
  virtual void on_light(Light& light) = 0;
};

// Owns every node; a node is named by the slot it was made in.
class Scene {
 public:
  ~Scene();
  Node* make(Kind kind);
  Node* at(size_t slot) const { return slot < slots_.size() ? slots_[slot] : nullptr; }
  size_t size() const { return slots_.size(); }
  void select(size_t slot) { selected_ = at(slot); }
  void remove(size_t slot);
  void clear_lights();
  void brighten(size_t slot);
  void append(size_t group, size_t child);
  size_t children_of(size_t group) const;
  Node* selected() const { return selected_; }
  Light* brightest() const { return brightest_; }

 private:
  void drop(size_t slot);

  std::vector<Node*> slots_;
  Node* selected_ = nullptr;
  Light* brightest_ = nullptr;
};

void touch(Node* node, uint32_t stamp);
int draw(Node& node);

}  // namespace scene
