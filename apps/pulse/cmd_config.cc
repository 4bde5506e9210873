#include <algorithm>

#include "handlers.h"
#include "json_output.h"
#include "suggest.h"
#include "text_table.h"
#include <nlohmann/json.hpp>

namespace pulse::app {
namespace {

const config::Candidate& Winner(const config::Explained& explained) {
  return explained.candidates.front();
}

Json CandidateJson(const config::Candidate& candidate) {
  return {
      {"origin", config::Name(candidate.origin)},
      {"where", candidate.where},
      {"value", candidate.text},
  };
}

Json SettingJson(const config::Explained& explained) {
  Json json = {{"name", explained.row->name}, {"value", Winner(explained).text}};
  json["origin"] = config::Name(Winner(explained).origin);
  json["where"] = Winner(explained).where;
  json["shadowed"] = Json::array();
  for (std::size_t i = 1; i < explained.candidates.size(); ++i) {
    json["shadowed"].push_back(CandidateJson(explained.candidates[i]));
  }
  return json;
}

Json RowJson(const config::Row& row) {
  const std::string env(row.env);
  Json json = {{"name", row.name}, {"type", row.type}};
  json["unit"] = row.unit;
  json["default"] = row.default_text;
  json["accepted"] = row.bounds;
  json["example"] = row.example;
  json["env"] = env;
  json["env_file"] = config::MayComeFromFile(row) ? Json(env + "_FILE") : Json();
  json["flag"] = row.secret ? Json() : Json(config::FlagOf(row));
  json["secret"] = row.secret;
  json["needs_restart"] = row.needs_restart;
  json["description"] = row.doc;
  return json;
}

std::string ShadowedText(const config::Explained& explained) {
  std::string text;
  for (std::size_t i = 1; i < explained.candidates.size(); ++i) {
    const config::Candidate& candidate = explained.candidates[i];
    text += (text.empty() ? "" : ", ") + candidate.where + "=" + candidate.text;
  }
  return text;
}

}  // namespace

Result<ExitCode> RunConfigShow(Context& context) {
  PULSE_TRY(const config::Loaded* loaded, context.Loaded());
  const bool origin = context.call().Has("origin");
  if (context.json()) {
    Json list = Json::array();
    for (const config::Explained& explained : loaded->explained) {
      list.push_back(SettingJson(explained));
    }
    context.PrintJson(Dump(list));
    return ExitCode::kOk;
  }
  std::vector<TextColumn> columns = {{"SETTING"}, {"VALUE"}};
  if (origin) {
    columns.push_back({"FROM"});
    columns.push_back({"HIDES"});
  }
  std::vector<TextRow> rows;
  for (const config::Explained& explained : loaded->explained) {
    TextRow row = {std::string(explained.row->name), Winner(explained).text};
    if (origin) {
      row.push_back(Winner(explained).where);
      row.push_back(ShadowedText(explained));
    }
    rows.push_back(std::move(row));
  }
  context.Print(RenderTable(columns, rows, context.width()));
  return ExitCode::kOk;
}

Result<ExitCode> RunConfigCheck(Context& context) {
  PULSE_TRY(const config::Loaded* loaded, context.Loaded());
  if (context.json()) {
    context.PrintJson(Dump({{"valid", true}, {"file", loaded->file}}));
  } else {
    context.Print(
        "settings are valid" + (loaded->file.empty() ? "" : " (" + loaded->file + ")") + "\n"
    );
  }
  return ExitCode::kOk;
}

Result<ExitCode> RunConfigGet(Context& context) {
  const std::string name = context.call().Argument(0);
  PULSE_TRY(const config::Loaded* loaded, context.Loaded());
  std::vector<std::string> known;
  for (const config::Explained& explained : loaded->explained) {
    if (explained.row->name == name) {
      if (context.json()) {
        context.PrintJson(Dump(SettingJson(explained)));
      } else {
        context.Print(Winner(explained).text + "\n");
      }
      return ExitCode::kOk;
    }
    known.emplace_back(explained.row->name);
  }
  return Error{
      ErrorKind::kNotFound,
      "there is no setting \"" + name + "\"" + DidYouMean(name, known) + "; fix: pulse config docs"
  };
}

Result<ExitCode> RunConfigDocs(Context& context) {
  if (!context.json()) {
    context.Print(config::Markdown());
    return ExitCode::kOk;
  }
  Json list = Json::array();
  for (const config::Row& row : config::Rows()) list.push_back(RowJson(row));
  context.PrintJson(Dump(list));
  return ExitCode::kOk;
}

}  // namespace pulse::app
