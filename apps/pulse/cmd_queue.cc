// `pulse queue`: about RabbitMQ alone, which is why this file names that backend.
#include "handlers.h"
#include "json_output.h"
#include "text_table.h"
#include <nlohmann/json.hpp>

#include "pulse/http/client.h"
#include "pulse/queue/amqp/migrate.h"
#include "pulse/queue/amqp/policies.h"
#include "pulse/queue/amqp/topology.h"

namespace pulse::app {
namespace {

namespace amqp = queue::amqp;

Result<amqp::AmqpOptions> OptionsOf(Context& context) {
  PULSE_TRY(const config::Settings* settings, context.Settings());
  if (settings->queue_url == "ledger") {
    return Error{
        ErrorKind::kInvalid,
        "QUEUE_URL is \"ledger\": the queue is inside the process and has no topology; set "
        "QUEUE_URL=amqp://… for RabbitMQ"
    };
  }
  amqp::AmqpOptions options;
  options.url = settings->queue_url;
  options.ca_file = settings->ca_file;
  options.connection_name = "pulse queue";
  return options;
}

std::string_view NameOf(amqp::QueueStatus::State state) {
  switch (state) {
    case amqp::QueueStatus::State::kGood:
      return "good";
    case amqp::QueueStatus::State::kMissing:
      return "missing";
    case amqp::QueueStatus::State::kDead:
      return "without a leader";
    case amqp::QueueStatus::State::kOtherwise:
      break;
  }
  return "declared otherwise";
}

std::string_view NameOf(amqp::PolicyStatus::State state) {
  switch (state) {
    case amqp::PolicyStatus::State::kGood:
      return "good";
    case amqp::PolicyStatus::State::kMissing:
      return "missing";
    case amqp::PolicyStatus::State::kOtherwise:
      break;
  }
  return "set otherwise";
}

std::string_view NameOf(amqp::Repair::Done done) {
  switch (done) {
    case amqp::Repair::Done::kDeclared:
      return "declared";
    case amqp::Repair::Done::kMigrated:
      return "migrated";
    case amqp::Repair::Done::kReplaced:
      return "replaced";
    case amqp::Repair::Done::kFinished:
      break;
  }
  return "earlier migration finished";
}

/// One thing that is not as it should be, or was not.
struct Finding {
  std::string kind;  ///< "queue" | "policy"
  std::string name;
  std::string state;
  std::string detail;
};

void Print(Context& context, const std::vector<Finding>& findings, std::string_view when_none) {
  if (context.json()) {
    Json all = Json::array();
    for (const Finding& finding : findings) {
      all.push_back(
          {{"kind", finding.kind},
           {"name", finding.name},
           {"state", finding.state},
           {"detail", finding.detail}}
      );
    }
    context.PrintJson(Dump(all));
    return;
  }
  if (findings.empty()) {
    context.Print(std::string(when_none) + "\n");
    return;
  }
  std::vector<TextRow> rows;
  rows.reserve(findings.size());
  for (const Finding& finding : findings) {
    rows.push_back({finding.kind, finding.name, finding.state, finding.detail});
  }
  context.Print(RenderTable({{"KIND"}, {"NAME"}, {"STATE"}, {"DETAIL"}}, rows, context.width()));
}

/// What is to be said of policies; nothing, after a warning, without a management API.
Result<std::optional<std::vector<Finding>>> Policies(
    Context& context, const amqp::AmqpOptions& options, amqp::ApplyPolicies apply
) {
  PULSE_TRY(const auto address, amqp::ParseBrokerUrl(options.url));
  const std::string given(context.call().Value("management"));
  const std::string url = given.empty() ? amqp::ManagementUrlOf(address) : given;
  const auto client =
      http::NewClient({.allow_private_addresses = true, .ca_file = options.ca_file});
  const auto policies = amqp::SyncPolicies(options, url, *client, apply);
  std::vector<Finding> findings;
  if (!policies) {
    context.Warn(
        "policies were not looked at: " + policies.error().message() +
        "; fix: rabbitmq-plugins enable rabbitmq_management, or --management URL"
    );
    return std::optional<std::vector<Finding>>();
  }
  for (const amqp::PolicyStatus& policy : *policies) {
    if (policy.state == amqp::PolicyStatus::State::kGood) continue;
    const bool set = apply == amqp::ApplyPolicies::kYes;
    findings.push_back(
        {"policy", policy.name, set ? "set" : std::string(NameOf(policy.state)), policy.definition}
    );
  }
  return std::optional(std::move(findings));
}

}  // namespace

Result<ExitCode> RunQueueStatus(Context& context) {
  PULSE_TRY(const amqp::AmqpOptions options, OptionsOf(context));
  PULSE_TRY(const auto queues, amqp::ListQueues(options));
  if (context.json()) {
    Json all = Json::array();
    for (const auto& queue : queues) {
      all.push_back(
          {{"name", queue.name},
           {"state", NameOf(queue.state)},
           {"ready", queue.ready},
           {"consumers", queue.consumers}}
      );
    }
    context.PrintJson(Dump(all));
    return ExitCode::kOk;
  }
  std::vector<TextRow> rows;
  rows.reserve(queues.size());
  for (const auto& queue : queues) {
    rows.push_back(
        {queue.name,
         std::string(NameOf(queue.state)),
         WithThousands(queue.ready),
         WithThousands(queue.consumers)}
    );
  }
  context.Print(RenderTable(
      {{"QUEUE"}, {"STATE"}, {"READY", Align::kRight}, {"CONSUMERS", Align::kRight}},
      rows,
      context.width()
  ));
  return ExitCode::kOk;
}

Result<ExitCode> RunQueueTopologyDiff(Context& context) {
  PULSE_TRY(const amqp::AmqpOptions options, OptionsOf(context));
  PULSE_TRY(const auto queues, amqp::ListQueues(options));
  std::vector<Finding> findings;
  for (const auto& queue : queues) {
    if (queue.state != amqp::QueueStatus::State::kGood) {
      findings.push_back({"queue", queue.name, std::string(NameOf(queue.state)), queue.detail});
    }
    if (queue.moving > 0) {
      findings.push_back(
          {"queue",
           amqp::MovingQueueOf(queue.name),
           "unfinished migration",
           std::to_string(queue.moving) + " messages to move back"}
      );
    }
  }
  PULSE_TRY(auto policies, Policies(context, options, amqp::ApplyPolicies::kNo));
  if (policies) findings.insert(findings.end(), policies->begin(), policies->end());
  Print(
      context,
      findings,
      policies ? "every queue and policy is as it should be" : "every queue is as it should be"
  );
  if (findings.empty()) return ExitCode::kOk;
  context.Note(
      "fix: pulse queue topology apply (with --migrate for what is declared otherwise or has no "
      "leader)"
  );
  return ExitCode::kFailed;
}

Result<ExitCode> RunQueueTopologyApply(Context& context) {
  PULSE_TRY(const amqp::AmqpOptions options, OptionsOf(context));
  const bool migrate = context.call().Has("migrate");
  PULSE_TRY(
      const auto repairs,
      amqp::RepairQueues(options, migrate ? amqp::Migrate::kYes : amqp::Migrate::kNo)
  );
  std::vector<Finding> done;
  for (const amqp::Repair& repair : repairs) {
    const bool moved = repair.done == amqp::Repair::Done::kMigrated ||
                       repair.done == amqp::Repair::Done::kFinished;
    done.push_back(
        {"queue",
         repair.name,
         std::string(NameOf(repair.done)),
         moved ? std::to_string(repair.moved) + " messages moved" : ""}
    );
  }
  PULSE_TRY(auto policies, Policies(context, options, amqp::ApplyPolicies::kYes));
  if (policies) done.insert(done.end(), policies->begin(), policies->end());
  PULSE_TRY(const auto queues, amqp::ListQueues(options));
  bool good = true;
  for (const auto& queue : queues) {
    if (queue.state == amqp::QueueStatus::State::kGood) continue;
    good = false;
    context.Warn(
        queue.name + " is " + std::string(NameOf(queue.state)) + " (" + queue.detail +
        "); fix: stop every pulse etl, then pulse queue topology apply --migrate"
    );
  }
  Print(context, done, "nothing to do");
  return good ? ExitCode::kOk : ExitCode::kFailed;
}

}  // namespace pulse::app
