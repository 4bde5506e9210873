#include "pulse/source/github/page.h"

#include <algorithm>
#include <charconv>

namespace pulse::source::github {

PageContext ContextOf(std::string_view request) {
  PageContext context;
  const auto page = JsonPage::Parse(request);
  if (!page) return context;
  const Value root = (*page)->root();
  context.repository_id = root["repository"]["id"].id();
  context.repository_name = root["repository"]["full_name"].text().value_or("");
  context.only_pull_requests = root["only_pull_requests"].boolean().value_or(false);
  return context;
}

RepositoryRef RepositoryOf(const PageContext& context, const PageRecord& record) {
  RepositoryRef ref{record.repository["databaseId"].id(), {}};
  ref.name = record.repository["nameWithOwner"].text().value_or(context.repository_name);
  if (ref.id.empty()) ref.id = context.repository_id;
  if (ref.name.empty()) ref.name = record.group.substr(0, record.group.find('#'));
  if (ref.id.empty()) ref.id = ref.name;
  return ref;
}

std::string PrName(std::string_view repository_id, std::int64_t number) {
  return std::string(repository_id) + '#' + std::to_string(number);
}

std::int64_t TrailingNumber(std::string_view text) {
  const std::size_t mark = text.find_last_of("/#");
  if (mark == std::string_view::npos) return 0;
  const std::string_view digits = text.substr(mark + 1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc{} && end == digits.data() + digits.size() ? number : 0;
}

void PageSink::Reject(const PageRecord& record, std::string_view code, std::string message) {
  std::string id = record.value["fullDatabaseId"].id();
  if (id.empty()) id = record.value["databaseId"].id();
  if (id.empty()) id = record.value["id"].id();
  Add(record.position, std::move(id), code, std::move(message), record.value.Json());
}

void PageSink::Reject(const BrokenRecord& record) {
  CountRecord();
  Add(record.position, {}, "unreadable", std::string(record.reason), record.raw);
}

void PageSink::RejectChild(std::int32_t position, std::string_view code, Value child) {
  Add(position,
      {},
      code,
      "a child of this record could not be read: " + std::string(code),
      child.Json());
  out_.problems.back().counts_as_record = false;
}

void PageSink::RejectPage(std::string_view code, std::string message, std::string_view body) {
  Problem problem;
  problem.code = entity_ + '.' + std::string(code);
  problem.message = std::move(message);
  problem.sample = SampleOf(body);
  problem.counts_as_record = false;
  out_.page_problem = std::move(problem);
}

void PageSink::Add(
    std::int32_t position,
    std::string id,
    std::string_view code,
    std::string message,
    std::string_view raw
) {
  Problem problem;
  problem.position = position;
  problem.external_id = std::move(id);
  problem.code = entity_ + '.' + std::string(code);
  // Ids of the payload stand in some messages, and may hold anything.
  std::ranges::replace_if(
      message, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' '
  );
  problem.message = std::move(message);
  problem.sample = SampleOf(raw);
  problem.counts_as_record = primary_;
  out_.problems.push_back(std::move(problem));
}

namespace {

using UseRecord = std::function<void(const PageRecord&)>;

/// A deployment has a `payload` of its own; a wrapper has no time of creation.
bool IsWrapped(Value value) {
  return value["payload"].is_object() && value["created_at"].absent() &&
         value["createdAt"].absent();
}

void VisitRecord(PageRecord record, PageSink& sink, const UseRecord& use) {
  sink.CountRecord();
  const Value value = record.value;
  if (IsWrapped(value)) {
    record.value = value["payload"];
    record.group = value["group"].text().value_or("");
  }
  if (record.value.is_object()) {
    use(record);
  } else if (record.value.null()) {
    sink.Reject(record, "null", "the list names a record but shows none");
  } else {
    sink.Reject(record, "not_an_object", "the record is not an object");
  }
}

/// The page does not parse as a whole: cut it into records, so that only the bad ones are lost.
void SalvageRecords(
    std::string_view body,
    std::span<const std::string_view> path,
    PageSink& sink,
    const UseRecord& use
) {
  const auto visit = [&](std::int32_t position, Value value) {
    VisitRecord({position, value, {}, {}}, sink, use);
  };
  const auto broken = [&](const BrokenRecord& record) { sink.Reject(record); };
  if (ForEachRecord(body, path, visit, broken)) return;
  const auto as_array = ForEachRecord(body, {}, visit, broken);
  if (!as_array) sink.RejectPage("not_json", as_array.error().message(), body);
}

}  // namespace

void ForEachPageRecord(
    std::string_view body, Path graphql_path, PageSink& sink, const UseRecord& use
) {
  const std::span<const std::string_view> path(graphql_path.begin(), graphql_path.size());
  const auto page = JsonPage::Parse(body);
  if (!page) return SalvageRecords(body, path, sink, use);

  const Value root = (*page)->root();
  Value list = root;
  if (root["data"].is_object()) {
    for (const std::string_view key : path) list = list[key];
    if (!list.is_array()) {
      return sink.RejectPage("no_records", "the answer has no list of records", body);
    }
  }
  std::int32_t position = 0;
  if (list.is_array()) {
    const Value repository = root["data"]["repository"];
    list.ForEach([&](Value value) { VisitRecord({position++, value, {}, repository}, sink, use); });
  } else if (root.is_object()) {
    VisitRecord({0, root, {}, {}}, sink, use);
  } else {
    sink.RejectPage("no_records", "the page is neither a list nor an object", body);
  }
}

}  // namespace pulse::source::github
