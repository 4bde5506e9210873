#include "pulse/simulate/github_graphql.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "pulse/model/json_text.h"
#include "pulse/simulate/github_answer.h"
#include "pulse/simulate/github_execute.h"
#include "pulse/simulate/github_plan.h"

namespace pulse::simulate::github {
namespace {

using Json = nlohmann::json;

Value FromJson(const Json& json) {
  Value value;
  switch (json.type()) {
    case Json::value_t::string:
      value.kind = Value::Kind::kString;
      value.text = json.get<std::string>();
      break;
    case Json::value_t::boolean:
      value.kind = Value::Kind::kBoolean;
      value.text = json.dump();
      break;
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      value.kind = Value::Kind::kInt;
      value.text = json.dump();
      break;
    case Json::value_t::number_float:
      value.kind = Value::Kind::kFloat;
      value.text = json.dump();
      break;
    case Json::value_t::array:
      value.kind = Value::Kind::kList;
      for (const Json& item : json) value.items.push_back(FromJson(item));
      break;
    case Json::value_t::object:
      value.kind = Value::Kind::kObject;
      for (const auto& [name, field] : json.items()) {
        value.fields.push_back({name, FromJson(field), {}});
      }
      break;
    default:
      break;
  }
  return value;
}

std::string ErrorBody(const std::vector<std::string>& errors) {
  return fmt::format(R"({{"errors":[{}]}})", fmt::join(errors, ","));
}

std::string Message(std::string_view text) {
  std::string error = "{\"message\":";
  model::AppendJsonString(error, text);
  return error + "}";
}

/// The one to execute; null when the request leaves it open.
const Operation* Chosen(const Document& document, const std::string& name) {
  if (name.empty()) {
    return document.operations.size() == 1 ? &document.operations.front() : nullptr;
  }
  const auto at = std::ranges::find(document.operations, name, &Operation::name);
  return at == document.operations.end() ? nullptr : &*at;
}

/// `rateLimit(dryRun: true)` asks for the price alone.
bool IsDryRun(const std::vector<PlanField>& plan) {
  return std::ranges::any_of(plan, [](const PlanField& field) {
    const Value* dry = field.Find("dryRun");
    return dry != nullptr && dry->text == "true";
  });
}

/// A query made ready to run, or the errors that GitHub answers it with.
struct Prepared {
  std::vector<std::string> errors;
  Price price;
  std::vector<PlanField> plan;
};

Prepared Prepare(const Schema& schema, const Json& request) {
  Prepared prepared;
  const auto fail = [&prepared](std::string_view message) {
    prepared.errors.push_back(Message(message));
    return std::move(prepared);
  };
  const auto query = request.find("query");
  if (query == request.end() || !query->is_string()) {
    return fail("A query attribute must be specified and must be a string.");
  }
  const auto document = ParseDocument(query->get_ref<const std::string&>());
  if (!document) return fail(document.error().message());
  const auto name = request.find("operationName");
  const bool named = name != request.end() && name->is_string();
  const Operation* operation = Chosen(*document, named ? name->get<std::string>() : std::string());
  if (operation == nullptr) return fail("An operation name is required");
  if (operation->kind != "query") return fail("The simulator answers queries only");

  std::vector<Argument> given;
  if (const auto variables = request.find("variables"); variables != request.end()) {
    given = FromJson(*variables).fields;
  }
  const auto variables = BindVariables(*operation, given, prepared.errors);
  if (!prepared.errors.empty()) return prepared;
  Judgement judgement = Check(schema, *document, *operation, variables);
  prepared.errors = std::move(judgement.errors);
  prepared.price = judgement.price;
  if (prepared.errors.empty()) prepared.plan = MakePlan(schema, *document, *operation, variables);
  return prepared;
}

/// What one call could return before it takes GitHub over ten seconds.
constexpr std::int64_t kBigPageNodes = 5000;

http::Response WithRate(http::Response response, const Standing& standing) {
  AppendRateHeaders(standing, Resource::kGraphql, response.headers);
  return response;
}

}  // namespace

http::Response Graphql::Handle(std::string_view body, std::string_view credential, EpochMs now) {
  const Json request = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!request.is_object()) return Refusal(400, "Problems parsing JSON");
  Prepared prepared = Prepare(schema_, request);
  if (!prepared.errors.empty()) {
    const Standing standing = budget_.Look(credential, Resource::kGraphql, now);
    return WithRate(JsonAnswer(200, ErrorBody(prepared.errors)), standing);
  }

  const bool dry = IsDryRun(prepared.plan);
  const std::int64_t cost = prepared.price.points();
  const Standing standing = budget_.Charge(credential, Resource::kGraphql, dry ? 0 : cost, now);
  if (!standing.granted) {
    return WithRate(
        JsonAnswer(
            200,
            R"({"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded for user ID 900001."}]})"
        ),
        standing
    );
  }
  if (dry) {
    std::erase_if(prepared.plan, [](const PlanField& field) {
      return field.def == nullptr || field.def->name != "rateLimit";
    });
  } else {
    points_.fetch_add(cost, std::memory_order_relaxed);
  }
  if (prepared.price.nodes > kBigPageNodes && faults_.Strikes(Fault::kBigPage)) {
    // A timeout is charged all the same.
    return WithRate(Refusal(502, "Something went wrong while executing your query."), standing);
  }
  const RateLimitView rate{
      standing.limit,
      cost,
      standing.remaining,
      standing.used,
      prepared.price.nodes,
      standing.reset_at
  };
  Executor executor(data_, rate);
  const bool partial = prepared.price.requests > 1 && faults_.Strikes(Fault::kPartialGraphql);
  return WithRate(JsonAnswer(200, executor.Run(prepared.plan, partial)), standing);
}

}  // namespace pulse::simulate::github
