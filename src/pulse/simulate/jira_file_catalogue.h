#pragma once

/// \file
/// FileCatalogue: the reference data of a site, gathered from the issues of payload files.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/simulate/jira_source.h"
#include "pulse/simulate/json_slice.h"

namespace pulse::simulate {

class FileCatalogue {
 public:
  /// What one issue says about itself, as positions in the catalogue; -1: it does not.
  struct Seen {
    int project = -1;
    int type = -1;
    int status = -1;
    std::vector<std::int64_t> sprints;
  };

  /// Takes in the reference objects inside an issue's fields.
  Seen Add(const JsonSlices& fields);
  /// Fields of the vendor's own catalogue: they win over what the payloads let us guess.
  Result<> AddFieldFiles(const std::vector<std::string>& paths);
  /// Call once, after everything was added.
  Catalogue Finish() &&;

 private:
  struct CustomField {
    bool sprints = false;
    bool keys = true;     // Every value so far looked like an issue key …
    bool numbers = true;  // … or like a number.
  };
  int AddObject(ItemKind kind, std::string_view raw, Item item);
  int AddReference(ItemKind kind, std::string_view raw);
  void AddUser(std::string_view raw);
  void AddLinkTypes(std::string_view raw);
  void AddSprints(std::string_view raw, Seen& seen);
  void AddCustomField(std::string_view id, std::string_view raw, Seen& seen);

  Catalogue catalogue_;
  std::map<std::pair<ItemKind, std::string>, int> known_;
  std::map<std::string, CustomField, std::less<>> custom_;
  std::map<std::string, Item> given_fields_;
};

}  // namespace pulse::simulate
