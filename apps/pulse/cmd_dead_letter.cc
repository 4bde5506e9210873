#include <algorithm>
#include <map>

#include "handlers.h"
#include "json_output.h"
#include "replay_run.h"
#include "text_table.h"
#include "values.h"
#include <nlohmann/json.hpp>

namespace pulse::app {
namespace {

Result<store::DeadLetterFilter> ReadFilter(Context& context, const model::Tenant& tenant) {
  const Invocation& call = context.call();
  store::DeadLetterFilter filter;
  filter.fingerprint = call.Value("group");
  if (call.Has("state")) filter.state = call.Value("state") == "any" ? "" : call.Value("state");
  PULSE_TRY(const std::int64_t limit, ParseCount("--limit", call.Value("limit", "100"), 1, 100000));
  filter.limit = static_cast<int>(limit);
  if (call.Has("integration")) {
    PULSE_TRY(
        const model::Integration integration, context.Integration(tenant, call.Value("integration"))
    );
    filter.integration = integration.id;
  }
  return filter;
}

/// Replaying and discarding touch many at once: say which.
Result<> RequireScope(const Invocation& call, std::string_view what) {
  if (call.Has("group") || call.Has("integration") || call.Has("all")) return {};
  return Error{
      ErrorKind::kInvalid,
      "say which dead letters to " + std::string(what) +
          "; fix: their numbers, --group FINGERPRINT, --integration NAME or --all"
  };
}

Result<store::DeadLetter> GetLetter(
    Engine& engine, const model::Tenant& tenant, const std::string& text
) {
  PULSE_TRY(const std::int64_t id, ParseCount("dead letter", text, 1, INT64_MAX));
  auto letter = engine.store().dead_letters().Get(tenant.id, DeadLetterId(id));
  if (letter || letter.error().kind() != ErrorKind::kNotFound) return letter;
  return Error{
      ErrorKind::kNotFound,
      "tenant " + tenant.name + " has no dead letter " + text + "; fix: pulse dead-letter list"
  };
}

/// Those numbered on the command line, else all that the options name.
Result<std::vector<store::DeadLetter>> Chosen(
    Context& context, Engine& engine, const model::Tenant& tenant, std::string_view what
) {
  std::vector<store::DeadLetter> letters;
  for (const std::string& text : context.call().arguments) {
    PULSE_TRY(store::DeadLetter letter, GetLetter(engine, tenant, text));
    letters.push_back(std::move(letter));
  }
  if (!letters.empty()) return letters;
  PULSE_CHECK(RequireScope(context.call(), what));
  PULSE_TRY(store::DeadLetterFilter filter, ReadFilter(context, tenant));
  filter.limit = 100000;
  return engine.store().dead_letters().List(tenant.id, filter);
}

}  // namespace

Result<ExitCode> RunDeadLetterList(Context& context) {
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(const store::DeadLetterFilter filter, ReadFilter(context, tenant));
  PULSE_TRY(
      const std::vector<store::DeadLetter> letters,
      engine->store().dead_letters().List(tenant.id, filter)
  );
  if (context.json()) {
    Json list = Json::array();
    for (const store::DeadLetter& letter : letters) list.push_back(ToJson(letter));
    context.PrintJson(Dump(list));
    return ExitCode::kOk;
  }
  std::vector<TextRow> rows;
  rows.reserve(letters.size());
  for (const store::DeadLetter& letter : letters) {
    rows.push_back(
        {std::to_string(letter.id.value()),
         letter.state,
         letter.letter.entity_type,
         letter.letter.external_id,
         letter.letter.fingerprint,
         letter.letter.message}
    );
  }
  context.Print(RenderTable(
      {{"ID", Align::kRight}, {"STATE"}, {"ENTITY"}, {"RECORD"}, {"GROUP"}, {"MESSAGE"}},
      rows,
      context.width()
  ));
  return ExitCode::kOk;
}

Result<ExitCode> RunDeadLetterShow(Context& context) {
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(const store::DeadLetter letter, GetLetter(*engine, tenant, context.call().Argument(0)));
  if (context.json()) {
    context.PrintJson(Dump(ToJson(letter)));
    return ExitCode::kOk;
  }
  const std::string id = std::to_string(letter.id.value());
  // The sample is data of the outside: nothing in it may steer the terminal.
  context.Print(
      "dead letter  " + id + "\nstate        " + letter.state + "\nentity       " +
      letter.letter.entity_type + "\nrecord       " + letter.letter.external_id +
      "\nstage        " + std::string(model::Name(letter.letter.stage)) + "\nraw page     " +
      std::to_string(letter.letter.raw.value()) + ", position " +
      std::to_string(letter.letter.raw_position) + "\njob          " +
      std::to_string(letter.job.value()) + "\ngroup        " + letter.letter.fingerprint +
      "\nmessage      " + FitWidth(letter.letter.message, 1000) + "\nsample       " +
      FitWidth(letter.letter.sample, 2100) + "\n"
  );
  context.Note("again: pulse dead-letter replay " + id + " --tenant " + tenant.name);
  return ExitCode::kOk;
}

Result<ExitCode> RunDeadLetterGroup(Context& context) {
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(
      const std::vector<store::DeadLetterGroup> groups,
      engine->store().dead_letters().Groups(tenant.id)
  );
  if (context.json()) {
    Json list = Json::array();
    for (const store::DeadLetterGroup& group : groups) list.push_back(ToJson(group));
    context.PrintJson(Dump(list));
    return ExitCode::kOk;
  }
  std::vector<TextRow> rows;
  rows.reserve(groups.size());
  for (const store::DeadLetterGroup& group : groups) {
    rows.push_back({group.fingerprint, WithThousands(group.count), group.entity_type, group.message}
    );
  }
  context.Print(RenderTable(
      {{"GROUP"}, {"COUNT", Align::kRight}, {"ENTITY"}, {"MESSAGE OF THE FIRST"}},
      rows,
      context.width()
  ));
  return ExitCode::kOk;
}

Result<ExitCode> RunDeadLetterReplay(Context& context) {
  const std::stop_token stop = context.StopOnInterrupt();
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(
      const std::vector<store::DeadLetter> letters, Chosen(context, *engine, tenant, "replay")
  );
  std::map<IntegrationId, std::vector<RawId>> pages;
  std::size_t without_page = 0;
  for (const store::DeadLetter& letter : letters) {
    if (!letter.letter.raw) {
      ++without_page;
    } else {
      pages[letter.integration].push_back(letter.letter.raw);
    }
  }
  if (without_page > 0) {
    context.Warn(
        std::to_string(without_page) +
        " dead letters have no stored page: they failed before one was; fix: pulse sync INTEGRATION"
    );
  }
  std::vector<ReplayOf> replays;
  for (auto& [integration, ids] : pages) {
    std::ranges::sort(ids);
    const auto doubles = std::ranges::unique(ids);
    ids.erase(doubles.begin(), doubles.end());
    replays.push_back({integration, {.pages = std::move(ids), .entity_type = ""}});
  }
  return RunReplays(context, *engine, tenant, replays, stop);
}

Result<ExitCode> RunDeadLetterDiscard(Context& context) {
  PULSE_TRY(const model::Tenant tenant, context.Tenant());
  PULSE_TRY(Engine * engine, context.OpenEngine());
  PULSE_TRY(
      const std::vector<store::DeadLetter> letters, Chosen(context, *engine, tenant, "discard")
  );
  if (!context.call().Has("yes")) {
    return Error{
        ErrorKind::kInvalid,
        "would discard " + std::to_string(letters.size()) + " dead letters; fix: add --yes"
    };
  }
  PULSE_TRY(store::DeadLetterFilter filter, ReadFilter(context, tenant));
  filter.limit = 100000;
  const std::string reason = context.call().Value("reason");
  store::DeadLetters& dead_letters = engine->store().dead_letters();
  int discarded = 0;
  if (context.call().arguments.empty()) {
    PULSE_TRY(discarded, dead_letters.Discard(tenant.id, filter, reason));
  }
  for (std::size_t i = 0; i < letters.size() && !context.call().arguments.empty(); ++i) {
    PULSE_TRY(const int one, dead_letters.Discard(tenant.id, {.id = letters[i].id}, reason));
    discarded += one;
  }
  if (context.json()) {
    context.PrintJson(Dump({{"discarded", discarded}}));
  } else {
    context.Print(std::to_string(discarded) + " dead letters discarded\n");
  }
  return ExitCode::kOk;
}

}  // namespace pulse::app
