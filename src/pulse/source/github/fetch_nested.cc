#include <algorithm>

#include "pulse/source/github/fetch.h"
#include "pulse/source/github/queries.h"

namespace pulse::source::github {
namespace {

/// 100 connections are one point.
constexpr std::size_t kConnectionsPerQuery = 100;
/// A hundred queries read 10,000 commits, reviews or comments of one pull request.
constexpr int kQueriesPerStep = 100;

struct Connection {
  NestedNeed need;
  std::string after;
  bool done = false;
};

std::string_view FieldOf(char kind) {
  return kind == 'c' ? "commits" : kind == 'r' ? "reviews" : "comments";
}

class NestedReader {
 public:
  NestedReader(const FetchRequest& request, const Step& step, Api& api)
      : request_(request), step_(step), api_(api) {
    for (const NestedNeed& need : step.nested) connections_.push_back({need, {}, false});
  }

  Result<Fetched> Read() {
    for (auto open = Open(); !open.empty() && queries_ < kQueriesPerStep; open = Open()) {
      open.resize(std::min(open.size(), kConnectionsPerQuery));
      PULSE_CHECK(SendSplitting(
          std::span<Connection* const>(open),
          [this](std::span<Connection* const> batch) { return Send(batch); },
          [this](Connection* gone, const Error& error) { GiveUp(*gone, error.message()); }
      ));
    }
    for (Connection* left : Open()) GiveUp(*left, "more than 10,000 entries");
    if (parts_.empty()) return std::move(out_);
    std::vector<std::string> ids;
    ids.reserve(step_.nested.size());
    for (const NestedNeed& need : step_.nested) ids.push_back(need.node_id + need.kind);
    out_.pages.push_back(MakePage(request_, step_, kPrNested, ids, "{\"parts\":[" + parts_ + "]}"));
    return std::move(out_);
  }

 private:
  std::vector<Connection*> Open() {
    std::vector<Connection*> open;
    for (Connection& connection : connections_) {
      if (!connection.done) open.push_back(&connection);
    }
    return open;
  }

  void GiveUp(Connection& connection, const std::string& why) {
    connection.done = true;
    const std::string what = step_.repository->full_name + " " + connection.need.node_id + " " +
                             std::string(FieldOf(connection.need.kind));
    out_.gaps.push_back({std::string(kPrNested), what, why});
  }

  Result<> Send(std::span<Connection* const> batch) {
    std::string aliases;
    Variables variables;
    for (const Connection* connection : batch) {
      const std::string index = std::to_string(aliases.size());
      variables.Text("id" + index, connection->need.node_id);
      variables.Cursor("after" + index, connection->after);
      aliases += connection->need.kind;
    }
    ++queries_;
    PULSE_TRY(
        const Answer answer,
        api_.Query(ExpandAliases(queries::kNestedConnections, aliases), variables)
    );
    const auto page = JsonPage::Parse(answer.body);
    if (!page && request_.attempt < kLastAttempt) return page.error();
    // Treated like something that is not there: the batch is halved until the culprit is alone.
    if (!page) return Error{ErrorKind::kNotFound, "undecodable: " + page.error().message()};
    PULSE_CHECK(Advance(batch, aliases, (*page)->root()["data"]));
    if (!parts_.empty()) parts_ += ',';
    parts_ += answer.body;
    return {};
  }

  static Result<> Advance(
      std::span<Connection* const> batch, std::string_view aliases, Value data
  ) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const Value node = data[aliases[i] + std::to_string(i)];
      const Value info = node[FieldOf(aliases[i])]["pageInfo"];
      const auto more = info["hasNextPage"].boolean();
      if (!more) return Error{ErrorKind::kUnavailable, "an answer leaves out what was asked for"};
      const std::string_view cursor = info["endCursor"].text().value_or("");
      if (*more && (cursor.empty() || cursor == batch[i]->after)) {
        return Error{ErrorKind::kUnavailable, "a nested list repeats its cursor"};
      }
      batch[i]->done = !*more;
      batch[i]->after = cursor;
    }
    return {};
  }

  const FetchRequest& request_;
  const Step& step_;
  Api& api_;
  std::vector<Connection> connections_;
  std::string parts_;
  int queries_ = 0;
  Fetched out_;
};

}  // namespace

Result<Fetched> FetchNested(const FetchRequest& request, const Step& step, Api& api) {
  return NestedReader(request, step, api).Read();
}

}  // namespace pulse::source::github
