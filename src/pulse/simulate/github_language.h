#pragma once

/// \file
/// Language: the GraphQL query language, parsed into plain structs (spec of October 2021, section
/// 2). Read: operations, variables with defaults, arguments, aliases, directives, fragments of both
/// kinds. Not read: type system definitions and block strings' indentation rules.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/error.h"

namespace pulse::simulate::github {

struct Location {
  int line = 1;
  int column = 1;
};

struct Argument;

struct Value {
  enum class Kind : unsigned char {
    kNull,
    kInt,
    kFloat,
    kString,
    kBoolean,
    kEnum,
    kList,
    kObject,
    kVariable
  };
  Kind kind = Kind::kNull;
  std::string text;  ///< The digits, the characters, `true`, the enum's or the variable's name.
  std::vector<Value> items;
  std::vector<Argument> fields;

  bool is_null() const noexcept { return kind == Kind::kNull; }
  const Value* Field(std::string_view name) const noexcept;  ///< Of an object; null when absent.
};

struct Argument {
  std::string name;
  Value value;
  Location at;
};

const Value* FindArgument(const std::vector<Argument>& arguments, std::string_view name) noexcept;

struct Directive {
  std::string name;
  std::vector<Argument> arguments;
  Location at;
};

struct Selection {
  enum class Kind : unsigned char { kField, kSpread, kInline };
  Kind kind = Kind::kField;
  std::string alias;  ///< Empty: answered under its own name.
  std::string name;   ///< Of the field or of the fragment spread.
  std::string on;     ///< Type condition of an inline fragment; may be empty.
  std::vector<Argument> arguments;
  std::vector<Directive> directives;
  std::vector<Selection> selections;
  Location at;

  const std::string& key() const noexcept { return alias.empty() ? name : alias; }
};

struct VariableDefinition {
  std::string name;
  std::string type;  ///< As written, without spaces: `[String!]!`.
  std::optional<Value> initial;
  Location at;
};

struct Operation {
  std::string kind = "query";
  std::string name;  ///< Empty for an anonymous one.
  std::vector<VariableDefinition> variables;
  std::vector<Selection> selections;
  Location at;
};

struct Fragment {
  std::string name;
  std::string on;
  std::vector<Selection> selections;
  Location at;
};

struct Document {
  std::vector<Operation> operations;
  std::vector<Fragment> fragments;

  const Fragment* FindFragment(std::string_view name) const noexcept;
};

/// Errors: kInvalid, with line and column in the message; nesting deeper than 64 levels is refused.
Result<Document> ParseDocument(std::string_view text);

}  // namespace pulse::simulate::github
