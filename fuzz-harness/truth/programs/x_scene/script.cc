// Plays a script of two-byte commands: an operation and a slot (or a pair of slots, high and low half).
#include <cstring>

#include "scene.h"

namespace {

using scene::Light;
using scene::Node;
using scene::Scene;
using scene::Shape;

volatile int g_sink;

void tint(Scene& world, size_t slot) {
  Node* node = world.at(slot);
  if (node != nullptr && node->kind() == scene::Kind::shape) {
    scene::Material& material = static_cast<Shape*>(node)->material();
    material.red = static_cast<int>(slot);
  }
}

void measure_gloss(Scene& world, size_t slot) {
  Node* node = world.at(slot);
  if (node != nullptr && node->kind() == scene::Kind::shape) {
    const scene::Material& material = static_cast<Shape*>(node)->material();
    g_sink += material.gloss;
  }
}

void rename_selected(Scene& world, uint8_t letter) {
  if (Node* node = world.selected()) {
    memset(node->name, letter, sizeof node->name - 1);
    scene::touch(node, 1);
  }
}

void move_selected(Scene& world, uint8_t by) {
  if (Node* node = world.selected()) {
    scene::touch(node, 2);
    node->x += by;
  }
}

void draw_selected(Scene& world) {
  if (Node* node = world.selected()) {
    g_sink += scene::draw(*node);
  }
}

void locate_selected(Scene& world) {
  if (const Node* node = world.selected()) {
    g_sink += node->y;
  }
}

void flash(Scene& world) {
  if (Light* light = world.brightest()) {
    scene::touch(light, 3);
    light->power *= 2;
  }
}

void draw_brightest(Scene& world) {
  if (Light* light = world.brightest()) {
    g_sink += scene::draw(*light);
  }
}

void read_power(Scene& world) {
  if (const Light* light = world.brightest()) {
    g_sink += light->power;
  }
}

void weigh(Scene& world, size_t slot) {
  if (const Node* node = world.at(slot)) {
    g_sink += node->weight();
  }
}

void play(Scene& world, char operation, uint8_t operand) {
  const size_t high = operand >> 4;
  const size_t low = operand & 15;
  switch (operation) {
    case '+':
      world.make(static_cast<scene::Kind>(operand % 3));
      break;
    case '-':
      world.remove(low);
      break;
    case 's':
      world.select(low);
      break;
    case 'b':
      world.brighten(low);
      break;
    case 'c':
      world.clear_lights();
      break;
    case 'g':
      world.append(high, low);
      break;
    case '#':
      g_sink += static_cast<int>(world.children_of(low));
      break;
    case 'w':
      weigh(world, low);
      break;
    case 'v':
      if (Node* node = world.at(low)) {
        g_sink += scene::draw(*node);
      }
      break;
    case 'p':
      if (Node* node = world.at(low); node != nullptr && node->kind() == scene::Kind::shape) {
        static_cast<Shape*>(node)->paint();
      }
      break;
    case 't':
      tint(world, low);
      break;
    case 'm':
      measure_gloss(world, low);
      break;
    case 'R':
      rename_selected(world, operand);
      break;
    case 'M':
      move_selected(world, operand);
      break;
    case 'D':
      draw_selected(world);
      break;
    case 'L':
      locate_selected(world);
      break;
    case 'F':
      flash(world);
      break;
    case 'B':
      draw_brightest(world);
      break;
    case 'P':
      read_power(world);
      break;
    default:
      break;
  }
}

}  // namespace

extern "C" int run_input(const uint8_t* data, size_t size) {
  Scene world;
  for (size_t i = 0; i + 1 < size; i += 2) {
    if (world.size() < 16 || data[i] != '+') {
      play(world, static_cast<char>(data[i]), data[i + 1]);
    }
  }
  return 0;
}
