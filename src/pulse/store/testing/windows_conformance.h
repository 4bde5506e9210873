#pragma once

/// \file
/// Part of store_conformance.h: what is proven to be loaded, and the holes in it.

#include <algorithm>
#include <random>
#include <set>

#include "pulse/store/testing/store_fixture.h"

namespace pulse::store::testing {

class WindowsConformance : public StoreConformance {
 protected:
  /// A whole job that proves these.
  void Prove(const World& world, std::vector<Window> windows) {
    Unit unit = Closing({SubmitAndClaim(world)});
    unit.windows = std::move(windows);
    EXPECT_EQ(Commit(unit).finished(), model::JobStatus::kFinished);
  }
  void Prove(EpochMs from, EpochMs to) { Prove(acme_, {{"jira_issues", "", from, to}}); }

  using Spans = std::vector<std::pair<EpochMs, EpochMs>>;
  Spans Proven(const World& world, std::string_view entity_type, std::string_view scope) {
    Spans spans;
    for (const Window& window : Value(store().sync_windows().List(world.tenant, world.integration)))
      if (window.entity_type == entity_type && window.scope == scope)
        spans.emplace_back(window.from, window.to);
    return spans;
  }
  Spans Proven() { return Proven(acme_, "jira_issues", ""); }
  std::optional<EpochMs> Watermark(std::string_view scope = "") {
    return Value(
        store().sync_windows().Watermark(acme_.tenant, acme_.integration, "jira_issues", scope)
    );
  }
};

TEST_P(WindowsConformance, ShowsAHoleInsteadOfClaimingIt) {
  Prove(0, 100);
  Prove(500, 600);

  EXPECT_EQ(Proven(), (Spans{{0, 100}, {500, 600}}));
  EXPECT_EQ(Watermark(), 600) << "the end of the newest";
}

TEST_P(WindowsConformance, MakesOneOfWindowsThatTouchOrOverlap) {
  Prove(0, 100);
  Prove(100, 200);
  EXPECT_EQ(Proven(), (Spans{{0, 200}})) << "touching";
  Prove(150, 300);
  EXPECT_EQ(Proven(), (Spans{{0, 300}})) << "overlapping";
  Prove(50, 60);
  EXPECT_EQ(Proven(), (Spans{{0, 300}})) << "inside";
  EXPECT_EQ(Watermark(), 300);
}

TEST_P(WindowsConformance, ClosesAHoleWithABackfill) {
  Prove(0, 100);
  Prove(500, 600);
  Prove(800, 900);
  Prove(90, 510);

  EXPECT_EQ(Proven(), (Spans{{0, 600}, {800, 900}}));
  Prove(550, 850);
  EXPECT_EQ(Proven(), (Spans{{0, 900}}));
}

TEST_P(WindowsConformance, UnitesSeveralProposalsOfOneJobEachForItself) {
  Prove(
      acme_,
      {
          {"jira_issues", "", 0, 100},
          {"jira_issues", "", 300, 400},
          {"jira_issues", "", 100, 150},
          {"jira_issues", "project=PAY", 0, 999},
          {"github_prs", "", 7, 8},
      }
  );

  EXPECT_EQ(Proven(), (Spans{{0, 150}, {300, 400}}));
  EXPECT_EQ(Proven(acme_, "jira_issues", "project=PAY"), (Spans{{0, 999}}));
  EXPECT_EQ(Proven(acme_, "github_prs", ""), (Spans{{7, 8}}));
  EXPECT_EQ(Watermark("project=PAY"), 999);
  EXPECT_EQ(Watermark("project=OPS"), std::nullopt);
}

TEST_P(WindowsConformance, ProvesNothingByAnEmptyWindow) {
  Prove(100, 100);
  Prove(200, 150);

  EXPECT_EQ(Proven(), Spans{});
}

TEST_P(WindowsConformance, ListsOnlyWindowsOfTheTenant) {
  Prove(globex_, {{"jira_issues", "", 0, 100}});
  ASSERT_EQ(Proven(globex_, "jira_issues", ""), (Spans{{0, 100}}));

  EXPECT_TRUE(Value(store().sync_windows().List(acme_.tenant, globex_.integration)).empty());
  EXPECT_EQ(Proven(), Spans{});
}

TEST_P(WindowsConformance, HoldsTheUnionOfWhateverWasProvenInWhateverOrder) {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same histories in every run
  for (int history = 0; history < 8; ++history) {
    const std::string scope = std::to_string(history);
    std::set<EpochMs> expected;  // Unit intervals.
    for (int i = 0; i < 12; ++i) {
      const auto from = static_cast<EpochMs>(random() % 40);
      const auto to = from + 1 + static_cast<EpochMs>(random() % 6);
      Prove(acme_, {{"jira_issues", scope, from, to}});
      for (EpochMs at = from; at < to; ++at) expected.insert(at);
    }
    std::set<EpochMs> proven;
    EpochMs last_end = -1;
    for (const auto& [from, to] : Proven(acme_, "jira_issues", scope)) {
      EXPECT_GT(from, last_end) << "windows that touch are one";
      last_end = to;
      for (EpochMs at = from; at < to; ++at) proven.insert(at);
    }
    EXPECT_EQ(proven, expected) << "history " << history;
  }
}

}  // namespace pulse::store::testing
