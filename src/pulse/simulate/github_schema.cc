#include "pulse/simulate/github_schema.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace pulse::simulate::github {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::string NamedType(std::string_view type) {
  std::string name(type);
  std::erase_if(name, [](char c) { return c == '[' || c == ']' || c == '!'; });
  return name;
}

/// `PullRequestCommitConnection` -> `PullRequestCommit`; the few names that do not say their node.
std::string NodeTypeOf(std::string_view connection) {
  return std::string(connection.substr(0, connection.size() - std::string_view("Connection").size())
  );
}

TypeDef ConnectionType(const std::string& name) {
  const std::string node = NodeTypeOf(name);
  TypeDef type{name, TypeKind::kObject, {}, {}};
  type.fields.emplace_back("edges: [" + node + "Edge]", nullptr, Part::kEdges);
  type.fields.emplace_back("nodes: [" + node + "]", nullptr, Part::kNodes);
  type.fields.emplace_back("pageInfo: PageInfo!", nullptr, Part::kPageInfo);
  type.fields.emplace_back("totalCount: Int!", nullptr, Part::kTotalCount);
  return type;
}

TypeDef EdgeType(const std::string& connection) {
  const std::string node = NodeTypeOf(connection);
  TypeDef type{node + "Edge", TypeKind::kObject, {}, {}};
  type.fields.emplace_back("cursor: String!", nullptr, Part::kCursor);
  type.fields.emplace_back("node: " + node, nullptr, Part::kNode);
  return type;
}

/// `after: String, states: [X!], direction: Y = {field: A, direction: B}`
std::vector<ArgumentDef> ParseArguments(std::string_view list) {
  std::vector<ArgumentDef> arguments;
  int depth = 0;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= list.size(); ++i) {
    const char c = i < list.size() ? list[i] : ',';
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (c != ',' || depth > 0) continue;
    const std::string_view one = list.substr(start, i - start);
    start = i + 1;
    const std::size_t colon = one.find(':');
    const std::size_t equals = std::min(one.find('='), one.size());
    ArgumentDef& argument = arguments.emplace_back();
    argument.name = Trim(one.substr(0, colon));
    argument.type = Trim(one.substr(colon + 1, equals - colon - 1));
    if (equals < one.size()) argument.initial = Trim(one.substr(equals + 1));
  }
  return arguments;
}

std::string Declaration(const FieldDef& field) {
  std::string text = field.name;
  if (!field.arguments.empty()) {
    text += '(';
    for (const ArgumentDef& argument : field.arguments) {
      if (text.back() != '(') text += ", ";
      text += argument.name + ": " + argument.type;
      if (!argument.initial.empty()) text += " = " + argument.initial;
    }
    text += ')';
  }
  return text + ": " + field.type;
}

}  // namespace

FieldDef::FieldDef(std::string_view declaration, Resolver resolver, Part connection_part)
    : resolve(resolver), part(connection_part) {
  const std::size_t open = declaration.find('(');
  const std::size_t close = declaration.rfind(')');
  std::size_t colon = declaration.find(':');
  if (open != std::string_view::npos) {
    arguments = ParseArguments(declaration.substr(open + 1, close - open - 1));
    colon = close + 1;
  }
  name = declaration.substr(0, std::min(open, colon));
  type = Trim(declaration.substr(colon + 1));
  type_name = NamedType(type);
}

const ArgumentDef* FieldDef::FindArgument(std::string_view argument) const noexcept {
  const auto found = std::ranges::find(arguments, argument, &ArgumentDef::name);
  return found == arguments.end() ? nullptr : &*found;
}

const FieldDef* TypeDef::FindField(std::string_view field) const noexcept {
  const auto found = std::ranges::find(fields, field, &FieldDef::name);
  return found == fields.end() ? nullptr : &*found;
}

bool TypeDef::Includes(std::string_view object_type) const noexcept {
  return name == object_type || std::ranges::find(members, object_type) != members.end();
}

Schema::Schema() {
  for (auto* group :
       {&RootTypes, &RepositoryTypes, &PullRequestTypes, &ConversationTypes, &DeliveryTypes}) {
    for (TypeDef& type : group()) types_.push_back(std::make_unique<TypeDef>(std::move(type)));
  }
  AddConnections();
  std::ranges::sort(types_, {}, [](const auto& type) -> const std::string& { return type->name; });
  Link();
  query_ = Find("Query");
}

void Schema::AddConnections() {
  std::vector<std::string> names;
  for (const auto& type : types_) {
    for (const FieldDef& field : type->fields) {
      if (field.is_connection()) names.push_back(field.type_name);
    }
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (const std::string& name : names) {
    types_.push_back(std::make_unique<TypeDef>(ConnectionType(name)));
    types_.push_back(std::make_unique<TypeDef>(EdgeType(name)));
  }
}

void Schema::Link() {
  for (auto& type : types_) {
    for (FieldDef& field : type->fields) field.target = Find(field.type_name);
  }
}

const TypeDef* Schema::Find(std::string_view name) const noexcept {
  const auto at = std::ranges::lower_bound(types_, name, {}, [](const auto& type) {
    return std::string_view(type->name);
  });
  return at != types_.end() && (*at)->name == name ? at->get() : nullptr;
}

std::string Schema::Text() const {
  std::string text;
  for (const auto& type : types_) {
    if (type->kind == TypeKind::kUnion) {
      text += "union " + type->name + " =";
      for (const std::string& member : type->members) {
        text += (text.ends_with('=') ? " " : " | ") + member;
      }
      text += "\n\n";
      continue;
    }
    text += (type->kind == TypeKind::kObject ? "type " : "interface ") + type->name + " {\n";
    std::vector<std::string> lines;
    for (const FieldDef& field : type->fields) lines.push_back("  " + Declaration(field) + "\n");
    std::ranges::sort(lines);
    for (const std::string& line : lines) text += line;
    text += "}\n\n";
  }
  if (!text.empty()) text.pop_back();
  return text;
}

}  // namespace pulse::simulate::github
