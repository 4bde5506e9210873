#include <algorithm>
#include <charconv>
#include <set>
#include <span>

#include <fmt/format.h>

#include "pulse/model/json_text.h"
#include "pulse/simulate/github_plan.h"

namespace pulse::simulate::github {
namespace {

constexpr int kMaxFields = 20'000;  // After fragments were expanded: bounds the work of one query.
constexpr std::int64_t kManyNodes = 1'000'000'000'000;  // Products stop growing here.

std::string Quoted(std::string_view text) {
  std::string out;
  model::AppendJsonString(out, text);
  return out;
}

std::string Locations(Location at) {
  return fmt::format(R"("locations":[{{"line":{},"column":{}}}])", at.line, at.column);
}

std::string PathText(std::span<const std::string> path) {
  std::string text = "[";
  for (const std::string& part : path) {
    if (text.size() > 1) text += ',';
    text += Quoted(part);
  }
  return text + "]";
}

std::string Name(const Operation& operation) {
  return operation.name.empty() ? "anonymous query" : operation.name;
}

/// Whether a literal or a variable's value can be of a leaf type.
bool Fits(const Value& value, std::string_view type) {
  using Kind = Value::Kind;
  if (type.ends_with('!')) {
    if (value.is_null()) return false;
    type.remove_suffix(1);
  }
  if (value.is_null() || value.kind == Kind::kVariable) return true;
  if (type.starts_with('[')) {
    const std::string_view item = type.substr(1, type.size() - 2);
    if (value.kind != Kind::kList) return Fits(value, item);
    return std::ranges::all_of(value.items, [&](const Value& one) { return Fits(one, item); });
  }
  if (type == "Int") return value.kind == Kind::kInt;
  if (type == "Boolean") return value.kind == Kind::kBoolean;
  if (type == "String") return value.kind == Kind::kString;
  if (type == "ID") return value.kind == Kind::kString || value.kind == Kind::kInt;
  return true;  // Enums and input objects: their readers are lenient.
}

class Checker {
 public:
  Checker(
      const Schema& schema,
      const Document& document,
      const Operation& operation,
      const std::vector<Argument>& variables
  )
      : schema_(schema), document_(document), operation_(operation), variables_(variables) {}

  Judgement Run() {
    const std::string& name = operation_.name;
    path_ = {name.empty() ? operation_.kind : operation_.kind + " " + name};
    Walk(schema_.query(), operation_.selections, 1);
    CheckVariableUse();
    if (judgement_.errors.empty() && judgement_.price.nodes > kMaxNodes) {
      judgement_.errors.push_back(fmt::format(
          R"({{"type":"MAX_NODE_LIMIT_EXCEEDED","path":{},{},"message":"This query requests up to {} possible nodes which exceeds the maximum limit of 500,000."}})",
          PathText(path_),
          Locations(operation_.at),
          judgement_.price.nodes
      ));
    }
    return std::move(judgement_);
  }

 private:
  void Fail(Location at, std::string_view message, const std::string& extensions) {
    judgement_.errors.push_back(fmt::format(
        R"({{"path":{},"extensions":{{{}}},{},"message":{}}})",
        PathText(path_),
        extensions,
        Locations(at),
        Quoted(message)
    ));
  }

  void FailPage(Location at, std::string_view type, std::string_view message) {
    judgement_.errors.push_back(fmt::format(
        R"({{"type":"{}","path":{},{},"message":{}}})",
        type,
        PathText(std::span(path_).subspan(1)),
        Locations(at),
        Quoted(message)
    ));
  }

  void Walk(const TypeDef& type, const std::vector<Selection>& selections, std::int64_t parents) {
    for (const Selection& selection : selections) {
      if (++fields_ > kMaxFields) return;
      for (const Directive& directive : selection.directives) CheckDirective(directive);
      const bool field = selection.kind == Selection::Kind::kField;
      path_.push_back(field ? selection.key() : "... on " + selection.on);
      switch (selection.kind) {
        case Selection::Kind::kField:
          WalkField(type, selection, parents);
          break;
        case Selection::Kind::kInline:
          WalkInline(type, selection, parents);
          break;
        case Selection::Kind::kSpread:
          WalkSpread(selection, parents);
          break;
      }
      path_.pop_back();
    }
  }

  void WalkInline(const TypeDef& type, const Selection& selection, std::int64_t parents) {
    const TypeDef* on = selection.on.empty() ? &type : schema_.Find(selection.on);
    if (on == nullptr) return FailNoType(selection.on, selection.at);
    Walk(*on, selection.selections, parents);
  }

  void WalkSpread(const Selection& selection, std::int64_t parents) {
    const Fragment* fragment = document_.FindFragment(selection.name);
    if (fragment == nullptr) {
      return Fail(
          selection.at,
          fmt::format("Fragment {} was used, but not defined", selection.name),
          R"("code":"useAndDefineFragment")"
      );
    }
    const TypeDef* on = schema_.Find(fragment->on);
    if (on == nullptr) return FailNoType(fragment->on, fragment->at);
    if (!open_fragments_.insert(fragment).second) {
      return Fail(
          selection.at,
          fmt::format("Fragment {} contains an infinite loop", selection.name),
          R"("code":"infiniteLoop")"
      );
    }
    Walk(*on, fragment->selections, parents);
    open_fragments_.erase(fragment);
  }

  void FailNoType(const std::string& name, Location at) {
    Fail(
        at,
        fmt::format("No such type {}, so it can't be a fragment condition", name),
        fmt::format(R"("code":"undefinedType","typeName":{})", Quoted(name))
    );
  }

  void WalkField(const TypeDef& type, const Selection& selection, std::int64_t parents) {
    if (selection.name == "__typename") return;
    const FieldDef* field = type.FindField(selection.name);
    if (field == nullptr) {
      return Fail(
          selection.at,
          fmt::format("Field '{}' doesn't exist on type '{}'", selection.name, type.name),
          fmt::format(
              R"("code":"undefinedField","typeName":{},"fieldName":{})",
              Quoted(type.name),
              Quoted(selection.name)
          )
      );
    }
    CheckArguments(*field, selection);
    if (field->target == nullptr) {
      if (!selection.selections.empty())
        FailSelections(*field, selection, "Selections can't be made on scalars");
      return;
    }
    if (selection.selections.empty())
      return FailSelections(*field, selection, "Field must have selections");
    Walk(
        *field->target,
        selection.selections,
        field->is_connection() ? Charge(selection, parents) : parents
    );
  }

  void FailSelections(const FieldDef& field, const Selection& selection, std::string_view what) {
    Fail(
        selection.at,
        fmt::format(
            "{} (field '{}' returns {} {} selections{})",
            what,
            field.name,
            field.type_name,
            field.target == nullptr ? "but has" : "but has no",
            field.target == nullptr ? "" : fmt::format(". Did you mean '{} {{ ... }}'?", field.name)
        ),
        R"("code":"selectionMismatch","nodeName":"field ')" + field.name + R"('","typeName":")" +
            field.type_name + "\""
    );
  }

  /// Counts a connection under `parents` objects; returns how many parents its nodes are.
  std::int64_t Charge(const Selection& selection, std::int64_t parents) {
    const Value* first = Bound(selection, "first");
    const char* name = first != nullptr ? "first" : "last";
    const Value* size = first != nullptr ? first : Bound(selection, "last");
    if (size == nullptr) {
      const bool only_count = std::ranges::all_of(selection.selections, [](const Selection& each) {
        return each.name == "totalCount";
      });
      if (!only_count) {
        FailPage(
            selection.at,
            "MISSING_PAGINATION_BOUNDARIES",
            fmt::format(
                "You must provide a `first` or `last` value to properly paginate the `{}` "
                "connection.",
                selection.name
            )
        );
      }
      return parents;
    }
    std::int64_t count = 0;
    std::from_chars(size->text.data(), size->text.data() + size->text.size(), count);
    if (count < 1 || count > kMaxPage) {
      FailPage(
          selection.at,
          count < 1 ? "INVALID_PAGINATION_BOUNDARIES" : "EXCESSIVE_PAGINATION",
          fmt::format(
              "Requesting {} records on the `{}` connection {} the `{}` limit of {} record{}.",
              count,
              selection.name,
              count < 1 ? "is below" : "exceeds",
              name,
              count < 1 ? 1 : kMaxPage,
              count < 1 ? "" : "s"
          )
      );
      count = std::clamp<std::int64_t>(count, 1, kMaxPage);
    }
    const std::int64_t nodes = std::min(parents * count, kManyNodes);
    judgement_.price.requests = std::min(judgement_.price.requests + parents, kManyNodes);
    judgement_.price.nodes = std::min(judgement_.price.nodes + nodes, kManyNodes);
    return nodes;
  }

  /// The argument's value behind its variable; null when absent or null.
  const Value* Bound(const Selection& selection, std::string_view name) const {
    const Value* value = FindArgument(selection.arguments, name);
    if (value != nullptr && value->kind == Value::Kind::kVariable) {
      value = FindArgument(variables_, value->text);
    }
    return value == nullptr || value->is_null() ? nullptr : value;
  }

  void CheckArguments(const FieldDef& field, const Selection& selection) {
    for (const Argument& argument : selection.arguments) {
      NoteVariables(argument.value);
      const ArgumentDef* def = field.FindArgument(argument.name);
      if (def == nullptr) {
        Fail(
            argument.at,
            fmt::format("Field '{}' doesn't accept argument '{}'", field.name, argument.name),
            fmt::format(
                R"("code":"argumentNotAccepted","name":{},"typeName":"Field","argumentName":{})",
                Quoted(field.name),
                Quoted(argument.name)
            )
        );
      } else if (!Fits(argument.value, def->type)) {
        Fail(
            argument.at,
            fmt::format(
                "Argument '{}' on Field '{}' has an invalid value. Expected type '{}'.",
                argument.name,
                field.name,
                def->type
            ),
            fmt::format(
                R"("code":"argumentLiteralsIncompatible","typeName":"Field","argumentName":{})",
                Quoted(argument.name)
            )
        );
      }
    }
    for (const ArgumentDef& def : field.arguments) {
      if (def.type.ends_with('!') && FindArgument(selection.arguments, def.name) == nullptr) {
        Fail(
            selection.at,
            fmt::format("Field '{}' is missing required arguments: {}", field.name, def.name),
            fmt::format(
                R"("code":"missingRequiredArguments","className":"Field","name":{},"arguments":{})",
                Quoted(field.name),
                Quoted(def.name)
            )
        );
      }
    }
  }

  void CheckDirective(const Directive& directive) {
    for (const Argument& argument : directive.arguments) NoteVariables(argument.value);
    if (directive.name == "include" || directive.name == "skip") return;
    Fail(
        directive.at,
        fmt::format("Directive @{} is not defined", directive.name),
        fmt::format(R"("code":"undefinedDirective","directiveName":{})", Quoted(directive.name))
    );
  }

  void NoteVariables(const Value& value) {
    if (value.kind == Value::Kind::kVariable) used_.insert(value.text);
    for (const Value& item : value.items) NoteVariables(item);
    for (const Argument& field : value.fields) NoteVariables(field.value);
  }

  void CheckVariableUse() {
    path_.resize(1);
    std::set<std::string> declared;
    for (const VariableDefinition& variable : operation_.variables) {
      declared.insert(variable.name);
      if (used_.contains(variable.name)) continue;
      Fail(
          variable.at,
          fmt::format(
              "Variable ${} is declared by {} but not used", variable.name, Name(operation_)
          ),
          fmt::format(R"("code":"variableNotUsed","variableName":{})", Quoted(variable.name))
      );
    }
    for (const std::string& name : used_) {
      if (declared.contains(name)) continue;
      Fail(
          operation_.at,
          fmt::format("Variable ${} is used by {} but not declared", name, Name(operation_)),
          fmt::format(R"("code":"variableNotDefined","variableName":{})", Quoted(name))
      );
    }
  }

  const Schema& schema_;
  const Document& document_;
  const Operation& operation_;
  const std::vector<Argument>& variables_;
  Judgement judgement_;
  std::vector<std::string> path_;
  std::set<const Fragment*> open_fragments_;
  std::set<std::string> used_;
  int fields_ = 0;
};

}  // namespace

std::vector<Argument> BindVariables(
    const Operation& operation, const std::vector<Argument>& given, std::vector<std::string>& errors
) {
  std::vector<Argument> bound;
  for (const VariableDefinition& variable : operation.variables) {
    const Value* value = FindArgument(given, variable.name);
    if (value == nullptr && variable.initial) value = &*variable.initial;
    const bool missing = value == nullptr && variable.type.ends_with('!');
    if (missing || (value != nullptr && !Fits(*value, variable.type))) {
      errors.push_back(fmt::format(
          R"({{"extensions":{{"problems":[{{"path":[],"explanation":"{}"}}]}},{},"message":"Variable ${} of type {} was provided invalid value"}})",
          missing ? "Expected value to not be null" : "Could not coerce value to " + variable.type,
          Locations(variable.at),
          variable.name,
          variable.type
      ));
    } else if (value != nullptr) {
      bound.push_back({variable.name, *value, variable.at});
    }
  }
  return bound;
}

Judgement Check(
    const Schema& schema,
    const Document& document,
    const Operation& operation,
    const std::vector<Argument>& variables
) {
  return Checker(schema, document, operation, variables).Run();
}

}  // namespace pulse::simulate::github
