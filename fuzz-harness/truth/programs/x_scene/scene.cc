#include "scene.h"

namespace scene {

Scene::~Scene() {
  // Children before parents would leave parents with dangling children: groups go first.
  for (Node*& node : slots_) {
    if (node != nullptr && node->kind() == Kind::group) {
      delete node;
      node = nullptr;
    }
  }
  for (Node* node : slots_) {
    delete node;
  }
}

Node* Scene::make(Kind kind) {
  Node* node = nullptr;
  switch (kind) {
    case Kind::group:
      node = new Group;
      break;
    case Kind::shape:
      node = new Shape;
      break;
    case Kind::light:
      node = new Light;
      break;
  }
  slots_.push_back(node);
  return node;
}

void Scene::drop(size_t slot) {
  Node* node = slots_[slot];
  if (node->parent != nullptr) {
    static_cast<Group*>(node->parent)->detach(node);
  }
  slots_[slot] = nullptr;
  delete node;
}

// Forgets to clear selected_.
void Scene::remove(size_t slot) {
  Node* node = at(slot);
  if (node == nullptr) {
    return;
  }
  if (node == brightest_) {
    brightest_ = nullptr;
  }
  drop(slot);
}

// Forgets to clear brightest_.
void Scene::clear_lights() {
  for (size_t slot = 0; slot < slots_.size(); ++slot) {
    Node* node = slots_[slot];
    if (node == nullptr || node->kind() != Kind::light) {
      continue;
    }
    if (node == selected_) {
      selected_ = nullptr;
    }
    drop(slot);
  }
}

void Scene::brighten(size_t slot) {
  Node* node = at(slot);
  if (node != nullptr && node->kind() == Kind::light) {
    brightest_ = static_cast<Light*>(node);
    ++brightest_->power;
  }
}

namespace {

// Any node is taken for a group.
Group* as_group(Node* node) { return static_cast<Group*>(node); }

}  // namespace

void Scene::append(size_t group, size_t child) {
  Node* target = at(group);
  Node* node = at(child);
  if (target == nullptr || node == nullptr || target == node) {
    return;
  }
  as_group(target)->adopt(node);
}

size_t Scene::children_of(size_t group) const {
  Node* target = at(group);
  return target == nullptr ? 0 : as_group(target)->child_count();
}

}  // namespace scene
