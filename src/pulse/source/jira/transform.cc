#include "pulse/source/jira/transform.h"

#include <string>

#include "pulse/source/jira/page_context.h"
#include "pulse/source/jira/page_walk.h"
#include "pulse/source/jira/transform_changes.h"
#include "pulse/source/jira/transform_issue.h"
#include "pulse/source/jira/transform_reference.h"

namespace pulse::source::jira {
namespace {

void ReadRequest(PageContext& page, std::string_view request) {
  const auto parsed = JsonPage::Parse(request);
  const Value root = parsed ? (*parsed)->root() : Value();
  page.mapping = FieldMapping::FromJson(root["mapping"]);
  page.site = root["site"].text().value_or("");
  page.issue_id = root["issue_id"].id();
  root["short"].ForEach([&](Value id) { page.short_histories.insert(id.id()); });
}

Result<> AddIssuePage(PageContext& page, std::string_view body) {
  const auto add = [&](std::int32_t position, Value issue) {
    ++page.out.record_count;
    AddIssue(page, position, issue);
  };
  return WalkPage(body, "issues", "fields", add, [&](const BrokenRecord& record) {
    ++page.out.record_count;
    page.SetAside(Loss::kRecord, record, "jira_issue.not_json");
  });
}

Result<> AddPage(PageContext& page, std::string_view entity_type, std::string_view body) {
  if (entity_type == kIssuesEntity) return AddIssuePage(page, body);
  if (entity_type == kChangesEntity) return AddChangePage(page, body);
  if (entity_type == kDetailsEntity) return AddDetailPage(page, body);
  if (IsReferenceEntity(entity_type)) return AddReferencePage(page, entity_type, body);
  return Error{ErrorKind::kInvalid, "jira has no such entity type"};
}

}  // namespace

Transformed TransformPage(
    std::string_view entity_type,
    std::string_view request,
    std::string_view body,
    model::RowBatch& rows
) {
  Transformed out;
  PageContext page(rows, out);
  ReadRequest(page, request);
  if (const auto added = AddPage(page, entity_type, body); !added) {
    out.page_problem = Problem{
        .position = -1,
        .external_id = {},
        .code = "jira_page.unreadable",
        .message = added.error().message(),
        .sample = SampleOf(body),
        .counts_as_record = false,
    };
  }
  page.Finish();
  return out;
}

}  // namespace pulse::source::jira
