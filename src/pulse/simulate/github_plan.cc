#include "pulse/simulate/github_plan.h"

#include <algorithm>
#include <deque>

namespace pulse::simulate::github {
namespace {

using Selections = std::vector<const std::vector<Selection>*>;

class Planner {
 public:
  Planner(const Schema& schema, const Document& document, const std::vector<Argument>& variables)
      : schema_(schema), document_(document), variables_(variables) {}

  std::vector<PlanField> Fields(const TypeDef& type, const Selections& sets) const {
    std::deque<Collected> collected;
    for (const auto* set : sets) Collect(type, *set, collected);
    std::vector<PlanField> fields;
    fields.reserve(collected.size());
    for (const Collected& one : collected) fields.push_back(MakeField(type, one));
    return fields;
  }

 private:
  /// One response key with every field node that was written under it.
  struct Collected {
    const Selection* first;
    Selections sets;
  };

  void Collect(
      const TypeDef& type, const std::vector<Selection>& selections, std::deque<Collected>& out
  ) const {
    for (const Selection& selection : selections) {
      if (!Included(selection)) continue;
      if (selection.kind == Selection::Kind::kField) {
        auto at = std::ranges::find_if(out, [&](const Collected& one) {
          return one.first->key() == selection.key();
        });
        if (at == out.end()) at = out.insert(out.end(), {&selection, {}});
        if (!selection.selections.empty()) at->sets.push_back(&selection.selections);
        continue;
      }
      const Fragment* fragment = selection.kind == Selection::Kind::kSpread
                                     ? document_.FindFragment(selection.name)
                                     : nullptr;
      const std::string& on = fragment != nullptr ? fragment->on : selection.on;
      const TypeDef* condition = on.empty() ? &type : schema_.Find(on);
      if (condition == nullptr || !condition->Includes(type.name)) continue;
      Collect(type, fragment != nullptr ? fragment->selections : selection.selections, out);
    }
  }

  bool Included(const Selection& selection) const {
    for (const Directive& directive : selection.directives) {
      const Value* condition = FindArgument(directive.arguments, "if");
      if (condition != nullptr && condition->kind == Value::Kind::kVariable) {
        condition = FindArgument(variables_, condition->text);
      }
      const bool holds = condition != nullptr && condition->text == "true";
      if (directive.name == "include" && !holds) return false;
      if (directive.name == "skip" && holds) return false;
    }
    return true;
  }

  PlanField MakeField(const TypeDef& type, const Collected& collected) const {
    const Selection& selection = *collected.first;
    PlanField field;
    field.def = type.FindField(selection.name);
    field.type_name = type.name;
    field.name = selection.key();
    field.quoted = "\"" + selection.key() + "\":";
    field.at = selection.at;
    for (const Argument& argument : selection.arguments) {
      Argument bound = argument;
      if (Substitute(bound.value)) field.arguments.push_back(std::move(bound));
    }
    if (field.def != nullptr && field.def->target != nullptr) {
      field.selection = Select(*field.def->target, collected.sets);
    }
    return field;
  }

  PlanSelection Select(const TypeDef& target, const Selections& sets) const {
    PlanSelection selection;
    if (target.kind == TypeKind::kObject) {
      selection.by_type.emplace_back(&target, Fields(target, sets));
      return selection;
    }
    for (const std::string& member : target.members) {
      if (const TypeDef* type = schema_.Find(member)) {
        selection.by_type.emplace_back(type, Fields(*type, sets));
      }
    }
    return selection;
  }

  /// Replaces variables by their values. False when the whole value is a variable without one.
  bool Substitute(Value& value) const {
    if (value.kind == Value::Kind::kVariable) {
      const Value* bound = FindArgument(variables_, value.text);
      if (bound == nullptr) return false;
      value = Value(*bound);
      return true;
    }
    for (Value& item : value.items) {
      if (!Substitute(item)) item = Value{};
    }
    std::erase_if(value.fields, [&](Argument& field) { return !Substitute(field.value); });
    return true;
  }

  const Schema& schema_;
  const Document& document_;
  const std::vector<Argument>& variables_;
};

}  // namespace

const std::vector<PlanField>* PlanSelection::For(std::string_view type) const noexcept {
  for (const auto& [object, fields] : by_type) {
    if (object->name == type) return &fields;
  }
  return nullptr;
}

std::vector<PlanField> MakePlan(
    const Schema& schema,
    const Document& document,
    const Operation& operation,
    const std::vector<Argument>& variables
) {
  return Planner(schema, document, variables).Fields(schema.query(), {&operation.selections});
}

}  // namespace pulse::simulate::github
