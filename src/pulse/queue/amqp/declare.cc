#include "pulse/queue/amqp/declare.h"

namespace pulse::queue::amqp {

std::vector<std::string> QueueNames(const AmqpOptions& options) {
  std::vector<std::string> names;
  names.reserve(2 * model::kStages.size());
  for (const model::Stage stage : model::kStages) names.push_back(QueueOf(options, stage));
  for (const model::Stage stage : model::kStages) names.push_back(DeadQueueOf(options, stage));
  return names;
}

Result<> DeclareMissing(Session& session, const AmqpOptions& options) {
  for (const std::string& name : QueueNames(options)) {
    const Result<> declared = session.DeclareQueue(name);
    if (!declared && declared.error().kind() != ErrorKind::kConflict) return declared;
  }
  return {};
}

}  // namespace pulse::queue::amqp
