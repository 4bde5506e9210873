#include "pulse/source/jira/field_mapping.h"

#include <array>

#include "pulse/model/json_text.h"

namespace pulse::source::jira {
namespace {

struct Role {
  std::string_view name;
  std::vector<std::string> FieldMapping::* fields;
};

constexpr std::array kRoles = {
    Role{"sprint", &FieldMapping::sprint},
    Role{"story_points", &FieldMapping::story_points},
    Role{"epic_link", &FieldMapping::epic_link},
    Role{"parent_link", &FieldMapping::parent_link},
    Role{"flagged", &FieldMapping::flagged},
};

struct CustomType {
  std::string_view type;
  std::string_view role;
};

constexpr std::array kCustomTypes = {
    CustomType{"com.pyxis.greenhopper.jira:gh-sprint", "sprint"},
    CustomType{"com.pyxis.greenhopper.jira:jsw-story-points", "story_points"},
    CustomType{"com.pyxis.greenhopper.jira:gh-epic-link", "epic_link"},
    CustomType{"com.atlassian.jpo:jpo-custom-field-parent", "parent_link"},
};

}  // namespace

std::string_view RoleOf(Value field) {
  const auto custom = field["schema"]["custom"].text();
  if (!custom) return {};
  for (const CustomType& known : kCustomTypes) {
    if (known.type == *custom) return known.role;
  }
  // The impediment flag has no type of its own: Jira creates it as check boxes and never
  // translates the name, so here the name is all there is.
  const bool check_boxes =
      *custom == "com.atlassian.jira.plugin.system.customfieldtypes:multicheckboxes";
  if (check_boxes && field["name"].text() == "Flagged") return "flagged";
  return {};
}

FieldMapping FieldMapping::CloudDefaults() {
  FieldMapping mapping;
  mapping.epic_link = {"customfield_10014"};
  mapping.story_points = {"customfield_10016"};
  mapping.sprint = {"customfield_10020"};
  return mapping;
}

FieldMapping FieldMapping::FromCatalogue(Value fields) {
  FieldMapping mapping;
  fields.ForEach([&](Value field) {
    const std::string_view role = RoleOf(field);
    for (const Role& known : kRoles) {
      if (known.name == role) (mapping.*known.fields).push_back(field["id"].id());
    }
  });
  return mapping;
}

FieldMapping FieldMapping::FromJson(Value json) {
  if (!json.is_object()) return CloudDefaults();
  FieldMapping mapping;
  for (const Role& role : kRoles) {
    json[role.name].ForEach([&](Value id) { (mapping.*role.fields).push_back(id.id()); });
  }
  return mapping;
}

std::string FieldMapping::ToJson() const {
  std::string json = "{";
  for (const Role& role : kRoles) {
    if (json.size() > 1) json += ',';
    model::AppendJsonString(json, role.name);
    json += ":[";
    const char* separator = "";
    for (const std::string& id : this->*role.fields) {
      json += separator;
      model::AppendJsonString(json, id);
      separator = ",";
    }
    json += ']';
  }
  return json += '}';
}

}  // namespace pulse::source::jira
