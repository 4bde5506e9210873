#include "pulse/store/postgres/merge_plan.h"

#include <map>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::store::postgres {
namespace {

using model::Cell;

constexpr std::size_t kIssues = model::OrdinalOf(model::kWorkItems);
constexpr std::size_t kNotes = model::OrdinalOf(model::kComments);
constexpr std::size_t kHistory = model::OrdinalOf(model::kWorkItemChanges);

/// The two kinds of tables a merge touches, in memory: answers what a planner asks and does what it
/// plans, with nothing else in between.
class Tables {
 public:
  struct Primary {
    StoredPrimary state;
    std::string title;
    friend bool operator==(const Primary& a, const Primary& b) {
      return a.title == b.title && a.state.version == b.state.version &&
             a.state.raw == b.state.raw && a.state.job == b.state.job &&
             a.state.deleted == b.state.deleted && a.state.seen == b.state.seen;
    }
  };
  struct Child {
    StoredChild state;
    std::string parent;  ///< External id.
    std::int64_t parent_id = 0;
    std::string body;
  };

  MergePlan Merge(const model::RowBatch& batch, JobId job = JobId{1}) {
    MergePlanner planner(batch, job);
    Answer(planner);
    planner.DecidePrimaries();
    for (const std::size_t table : {kNotes, kHistory}) {
      for (const Link& link : planner.sets()[table]) {
        for (const auto& [key, child] : children_[table]) {
          if (child.parent == link.cells[0].text()) Hand(planner, table, key, child);
        }
      }
    }
    MergePlan plan = std::move(planner).Finish();
    Apply(batch, plan, job);
    return plan;
  }

  std::map<std::string, Primary> issues;

  /// "comment:parent=body", with a question mark while the parent's id is not set.
  std::vector<std::string> Notes() const { return Texts(kNotes); }
  std::vector<std::string> History() const { return Texts(kHistory); }

 private:
  using Key = std::vector<std::string>;

  static std::vector<Cell> CellsOf(std::size_t table, const Key& key) {
    std::vector<Cell> cells;
    for (std::size_t i = 0; i < key.size(); ++i) {
      const bool is_number = model::kTables[table]->columns[i].type == model::ColumnType::kInteger;
      cells.push_back(is_number ? Cell::Integer(std::stoll(key[i])) : Cell::Text(key[i]));
    }
    return cells;
  }
  static Key KeyOfRow(std::size_t table, std::span<const Cell> cells) {
    Key key;
    for (std::size_t i = 0; i < model::kTables[table]->key_columns; ++i) {
      const bool is_number = cells[i].kind() == Cell::Kind::kInteger;
      key.push_back(is_number ? std::to_string(cells[i].integer()) : std::string(cells[i].text()));
    }
    return key;
  }
  static std::size_t BodyColumn(std::size_t table) {
    return model::kTables[table]->IndexOf(table == kNotes ? "body" : "to_string");
  }

  static void Hand(MergePlanner& planner, std::size_t table, const Key& key, const Child& child) {
    Link link;
    link.cells[link.size++] = Cell::Text(child.parent);
    planner.AddChild(table, CellsOf(table, key), link, child.state);
  }
  void HandPrimary(MergePlanner& planner, const std::string& id, const Primary& issue) const {
    Link link;
    link.cells[link.size++] = Cell::Text(id);
    planner.AddPrimary(kIssues, id, issue.state, link);
  }

  void Answer(MergePlanner& planner) {
    const Lookup& primary = planner.lookups()[kIssues];
    for (const auto& [id, wants_id] : primary.keys) {
      const auto at = issues.find(std::string(id));
      if (at != issues.end()) {
        HandPrimary(planner, at->first, at->second);
      } else {
        planner.AddPrimary(kIssues, id, {.id = wants_id ? ++last_id_ : 0});
      }
    }
    for (const Link& link : primary.links) {
      const auto at = issues.find(std::string(link.cells[0].text()));
      if (at != issues.end()) HandPrimary(planner, at->first, at->second);
    }
    for (const std::size_t table : {kNotes, kHistory}) {
      const Lookup& lookup = planner.lookups()[table];
      for (const auto cells : lookup.children) {
        const auto at = children_[table].find(KeyOfRow(table, cells));
        if (at != children_[table].end()) Hand(planner, table, at->first, at->second);
      }
      if (!lookup.waiting) continue;
      for (const auto& [key, child] : children_[table]) {
        if (child.parent_id == 0) planner.SetWaiting(table);
      }
    }
  }

  void Apply(const model::RowBatch& batch, const MergePlan& plan, JobId job) {
    const TableWrites& writes = plan.tables[kIssues];
    const auto by_id = [&](std::int64_t id) -> Primary& {
      for (auto& [key, issue] : issues) {
        if (issue.state.id == id) return issue;
      }
      throw std::runtime_error("a planned row does not exist");
    };
    for (const std::int64_t id : writes.touches) by_id(id).state.job = job.value();
    for (const Confirm& confirm : writes.confirms)
      by_id(confirm.id).state.version = confirm.version;
    for (const auto* list : {&writes.inserts, &writes.updates}) {
      for (const PrimaryWrite& write : *list) {
        const auto cells = batch.cells(*write.row);
        Primary& issue = issues[std::string(cells[0].text())];
        EXPECT_EQ(issue.state.exists, list == &writes.updates);
        const bool seen = issue.state.seen;
        issue.state = {
            true,
            write.id,
            write.record->content_hash,
            write.version,
            write.record->raw.value(),
            job.value(),
            false,
            seen
        };
        issue.title = cells[model::kWorkItems["title"].value].text();
      }
    }
    for (const std::int64_t id : writes.seen) by_id(id).state.seen = true;
    for (const std::int64_t id : writes.unseen) by_id(id).state.seen = false;
    for (const std::size_t table : {kNotes, kHistory}) ApplyChildren(batch, plan, table);
  }

  void ApplyChildren(const model::RowBatch& batch, const MergePlan& plan, std::size_t table) {
    const TableWrites& writes = plan.tables[table];
    for (const std::int64_t id : writes.removals) {
      EXPECT_EQ(
          std::erase_if(children_[table], [&](auto& c) { return c.second.state.id == id; }), 1U
      );
    }
    for (const ChildWrite& write : writes.upserts) {
      const auto cells = batch.cells(*write.row);
      Child& child = children_[table][KeyOfRow(table, cells)];
      const bool is_new = child.state.id == 0;
      const std::int64_t raw = write.record->raw.value();
      if (!is_new && (child.state.content_hash == write.content_hash || raw < child.state.raw)) {
        continue;  // What the statement's ON CONFLICT … WHERE says.
      }
      child.state = {is_new ? ++last_id_ : child.state.id, write.content_hash, raw};
      child.parent = LinkOfChild(*model::kTables[table], cells).cells[0].text();
      if (write.parent != 0) child.parent_id = write.parent;
      child.body = cells[BodyColumn(table)].text();
    }
    for (const Adoption& adoption : writes.adoptions) {
      for (auto& [key, child] : children_[table]) {
        if (child.parent_id != 0 || child.parent != adoption.link.cells[0].text()) continue;
        child.parent_id = adoption.parent;
      }
    }
  }

  std::vector<std::string> Texts(std::size_t table) const {
    std::vector<std::string> texts;
    const auto rows = children_.find(table);
    if (rows == children_.end()) return texts;
    for (const auto& [key, child] : rows->second) {
      std::string text;
      for (const std::string& part : key) text += part + ".";
      const auto parent = issues.find(child.parent);
      const bool linked = parent != issues.end() && parent->second.state.id == child.parent_id;
      texts.push_back(text + ":" + child.parent + (linked ? "=" : "?") + child.body);
    }
    return texts;
  }

  std::map<std::size_t, std::map<Key, Child>> children_;
  std::int64_t last_id_ = 0;
};

struct Issue {
  std::string id = "1";
  std::string title = "t";
  EpochMs version = 1000;
  std::int64_t raw = 10;
  std::vector<std::string> notes = {};
  bool complete = true;
};

void Add(model::RowBatch& batch, const Issue& issue) {
  batch.SetRaw(RawId{issue.raw});
  batch.BeginRecord("jira_issues", issue.id, issue.version, 0);
  batch.AddRow(model::kWorkItems)
      .Text(model::kWorkItems["external_id"], issue.id)
      .Text(model::kWorkItems["title"], issue.title);
  for (const std::string& note : issue.notes) {
    batch.AddRow(model::kComments)
        .Text(model::kComments["external_id"], note)
        .Text(model::kComments["work_item_external_id"], issue.id)
        .Text(model::kComments["body"], note + issue.title);
  }
  batch.EndRecord(issue.complete ? model::SetOf(model::kComments) : 0);
}

struct Changes {
  std::string issue = "1";
  std::vector<int> entries = {0};
  std::string to = "Done";
  std::int64_t raw = 10;
  bool complete = false;
};

void Add(model::RowBatch& batch, const Changes& changes) {
  batch.SetRaw(RawId{changes.raw});
  batch.BeginRecord("jira_issues", changes.issue, 0, 0);
  for (const int entry : changes.entries) {
    batch.AddRow(model::kWorkItemChanges)
        .Text(model::kWorkItemChanges["work_item_external_id"], changes.issue)
        .Text(model::kWorkItemChanges["history_id"], "h" + std::to_string(entry))
        .Integer(model::kWorkItemChanges["item_position"], 0)
        .Text(model::kWorkItemChanges["to_string"], changes.to);
  }
  batch.EndRecord(changes.complete ? model::SetOf(model::kWorkItemChanges) : 0);
}

template <class... Parts>
model::RowBatch BatchOf(const Parts&... parts) {
  model::RowBatch batch;
  (Add(batch, parts), ...);
  return batch;
}

const model::EntityCounts& CountsOf(const MergePlan& plan) {
  static const model::EntityCounts kNone;
  const auto at = plan.counts.find("jira_issues");
  return at == plan.counts.end() ? kNone : at->second;
}

TEST(MergePlan, WritesTheNewestOfABatchOnceWhateverTheOrder) {
  Tables tables;
  const auto batch = BatchOf(
      Issue{.title = "new", .version = 2},
      Issue{.title = "old", .version = 1},
      Issue{.id = "2", .title = "old", .version = 1},
      Issue{.id = "2", .title = "new", .version = 2}
  );

  const MergePlan plan = tables.Merge(batch);

  EXPECT_EQ(plan.tables[kIssues].inserts.size(), 2U);
  EXPECT_TRUE(plan.tables[kIssues].updates.empty());
  EXPECT_EQ(CountsOf(plan).inserted, 2);
  EXPECT_EQ(CountsOf(plan).records, 2);
  EXPECT_EQ(CountsOf(plan).updated, 0);
  EXPECT_EQ(tables.issues.at("1").title, "new");
  EXPECT_EQ(tables.issues.at("2").title, "new");
}

TEST(MergePlan, WritesNothingForAnEqualRecordAndAsksForNoChildren) {
  Tables tables;
  const auto batch = BatchOf(Issue{.notes = {"a"}});
  tables.Merge(batch);

  MergePlanner planner(batch, JobId{2});
  planner.AddPrimary(kIssues, "1", tables.issues.at("1").state);
  planner.DecidePrimaries();

  EXPECT_TRUE(planner.sets()[kNotes].empty());
  const MergePlan plan = std::move(planner).Finish();
  EXPECT_TRUE(plan.tables[kIssues].updates.empty());
  EXPECT_TRUE(plan.tables[kNotes].upserts.empty());
  EXPECT_THAT(plan.tables[kIssues].seen, ::testing::SizeIs(1));
  EXPECT_EQ(CountsOf(plan).unchanged, 1);
}

TEST(MergePlan, RemembersThatANewerPageSaidTheSame) {
  Tables tables;
  tables.Merge(BatchOf(Issue{.version = 1}));

  EXPECT_EQ(tables.Merge(BatchOf(Issue{.version = 3})).tables[kIssues].confirms.size(), 1U);

  tables.Merge(BatchOf(Issue{.title = "between", .version = 2}), JobId{2});
  EXPECT_EQ(tables.issues.at("1").title, "t");
}

TEST(MergePlan, LetsTheLaterFetchWinAmongEqualVersions) {
  Tables tables;
  tables.Merge(BatchOf(Issue{.title = "second", .raw = 20}));

  tables.Merge(BatchOf(Issue{.title = "first", .raw = 10}));
  EXPECT_EQ(tables.issues.at("1").title, "second");
  tables.Merge(BatchOf(Issue{.title = "third", .raw = 30}));
  EXPECT_EQ(tables.issues.at("1").title, "third");
}

TEST(MergePlan, RevivesARowMarkedDeletedEvenWhenItsContentIsEqual) {
  Tables tables;
  tables.Merge(BatchOf(Issue{}));
  tables.issues.at("1").state.deleted = true;

  const MergePlan plan = tables.Merge(BatchOf(Issue{}), JobId{2});

  EXPECT_EQ(plan.tables[kIssues].updates.size(), 1U);
  EXPECT_FALSE(tables.issues.at("1").state.deleted);
  EXPECT_EQ(CountsOf(plan).updated, 1);
}

TEST(MergePlan, RemovesWhatACompleteSetNoLongerHasButNothingFetchedLater) {
  Tables tables;
  tables.Merge(BatchOf(Issue{.notes = {"a", "b"}}));
  tables.Merge(BatchOf(Issue{.version = 2000, .raw = 30, .notes = {"late"}, .complete = false}));
  ASSERT_EQ(tables.Notes().size(), 3U);

  tables.Merge(BatchOf(Issue{.version = 3000, .raw = 20, .notes = {"b"}}));

  EXPECT_THAT(tables.Notes(), ::testing::ElementsAre("b.:1=bt", "late.:1=latet"));
}

TEST(MergePlan, TouchesAParentOnceForItsChangedChildren) {
  Tables tables;
  tables.Merge(BatchOf(Issue{}, Issue{.id = "2"}));
  const auto page = BatchOf(Changes{.entries = {1, 2}}, Changes{.entries = {3}});

  const MergePlan first = tables.Merge(page, JobId{2});
  const MergePlan again = tables.Merge(page, JobId{3});

  EXPECT_EQ(CountsOf(first).updated, 1);
  EXPECT_EQ(first.tables[kIssues].touches.size(), 1U);
  EXPECT_TRUE(first.tables[kIssues].changed.empty()) << "its own text is as it was";
  EXPECT_EQ(CountsOf(again).updated, 0);
  EXPECT_TRUE(again.tables[kHistory].upserts.empty());
}

TEST(MergePlan, MovesARecordFromUnchangedToUpdated) {
  Tables tables;
  tables.Merge(BatchOf(Issue{}));

  const MergePlan unchanged = tables.Merge(BatchOf(Issue{}), JobId{2});
  const MergePlan updated = tables.Merge(BatchOf(Changes{}), JobId{2});

  EXPECT_EQ(CountsOf(unchanged).unchanged, 1);
  EXPECT_EQ(CountsOf(updated).unchanged, -1);
  EXPECT_EQ(CountsOf(updated).updated, 1);
  EXPECT_EQ(CountsOf(updated).records, 0);
  EXPECT_EQ(updated.tables[kIssues].unseen.size(), 1U);
}

TEST(MergePlan, GivesEarlyChildrenTheirParentInALaterBatchOrInTheSame) {
  Tables apart;
  apart.Merge(BatchOf(Changes{}));
  ASSERT_THAT(apart.History(), ::testing::ElementsAre("1.h0.0.:1?Done"));
  apart.Merge(BatchOf(Issue{}));

  Tables together;
  const MergePlan plan = together.Merge(BatchOf(Changes{}, Issue{}));

  EXPECT_THAT(apart.History(), ::testing::ElementsAre("1.h0.0.:1=Done"));
  EXPECT_EQ(together.History(), apart.History());
  EXPECT_EQ(CountsOf(plan).inserted, 1);
  EXPECT_EQ(CountsOf(plan).updated, 0);
}

TEST(MergePlan, EmptiesAChildSetThatCameWithoutRows) {
  Tables tables;
  tables.Merge(BatchOf(Issue{}, Changes{.entries = {1, 2}}));
  ASSERT_EQ(tables.History().size(), 2U);

  const MergePlan plan = tables.Merge(BatchOf(Changes{.entries = {}, .complete = true}), JobId{2});

  EXPECT_TRUE(tables.History().empty());
  EXPECT_EQ(CountsOf(plan).updated, 1);
}

TEST(MergePlan, MovesAChildToTheParentThatNamesItNow) {
  Tables tables;
  tables.Merge(BatchOf(Issue{.notes = {"a"}}, Issue{.id = "2"}));

  tables.Merge(BatchOf(Issue{.id = "2", .version = 2000, .notes = {"a"}}));

  EXPECT_THAT(tables.Notes(), ::testing::ElementsAre("a.:2=at"));
}

/// What a transform may bring, in no sensible order: versions back and forth, sets that shrink,
/// children before parents, the same again.
class RandomRecords {
 public:
  explicit RandomRecords(unsigned seed) : random_(seed) {}

  void AddTo(std::vector<model::RowBatch*> batches) {
    const int kind = Pick(4);
    const std::string id = std::to_string(Pick(3));
    const std::int64_t raw = std::int64_t{10} * (1 + Pick(4));
    if (kind == 0) {
      Changes changes{.issue = id, .entries = {}, .to = std::to_string(Pick(3)), .raw = raw};
      for (int i = 0; i < 3; ++i) {
        if (Pick(2) == 0) changes.entries.push_back(i);
      }
      changes.complete = Pick(3) == 0;
      for (model::RowBatch* batch : batches) Add(*batch, changes);
      return;
    }
    Issue issue{.id = id, .title = std::to_string(Pick(3)), .version = 1 + Pick(3), .raw = raw};
    for (int i = 0; i < 3; ++i) {
      if (Pick(2) == 0) issue.notes.push_back("n" + id + std::to_string(i));
    }
    issue.complete = Pick(2) == 0;
    for (model::RowBatch* batch : batches) Add(*batch, issue);
  }

 private:
  int Pick(int below) { return std::uniform_int_distribution(0, below - 1)(random_); }
  std::mt19937 random_;
};

TEST(MergePlan, DoesTheSameToABatchAsToItsRecordsOneByOne) {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    Tables whole;
    Tables single;
    RandomRecords records(seed);
    for (int job = 1; job <= 3; ++job) {
      model::RowBatch batch;
      model::EntityCounts of_batch;
      model::EntityCounts of_records;
      for (int i = 0; i < 6; ++i) {
        model::RowBatch one;
        records.AddTo({&batch, &one});
        const MergePlan plan = single.Merge(one, JobId{job});
        of_records.records += CountsOf(plan).records;
        of_records.inserted += CountsOf(plan).inserted;
        of_records.updated += CountsOf(plan).updated;
        of_records.unchanged += CountsOf(plan).unchanged;
      }
      const MergePlan plan = whole.Merge(batch, JobId{job});
      of_batch = CountsOf(plan);

      ASSERT_EQ(whole.issues, single.issues) << seed;
      ASSERT_EQ(whole.Notes(), single.Notes()) << seed;
      ASSERT_EQ(whole.History(), single.History()) << seed;
      ASSERT_EQ(of_batch.records, of_records.records) << seed;
      ASSERT_EQ(of_batch.inserted, of_records.inserted) << seed;
      ASSERT_EQ(of_batch.updated, of_records.updated) << seed;
      ASSERT_EQ(of_batch.unchanged, of_records.unchanged) << seed;
      for (auto* tables : {&whole, &single}) {
        for (auto& [id, issue] : tables->issues) issue.state.seen = false;  // The job ended.
      }
    }
  }
}

}  // namespace
}  // namespace pulse::store::postgres
