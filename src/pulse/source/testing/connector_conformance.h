#pragma once

/// \file
/// What every connector must do, whatever the provider: include, instantiate, run.
///
///     INSTANTIATE_TEST_SUITE_P(Jira, ConnectorConformance, ::testing::Values(JiraUnderTest()));

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <ostream>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pulse/source/source.h"

namespace pulse::source::testing {

/// A raw page the connector understands completely.
struct PageSample {
  std::string entity_type;
  std::string body;
  int records = 0;  ///< Transformed::record_count to expect.
  std::string request = "{}";
};

/// Three pages of one record each that differ in one field only: it is missing, null, or "x".
struct PresenceSample {
  std::string entity_type;
  std::string absent;
  std::string null;
  std::string value;
  const model::Table* table = nullptr;
  std::string column;
};

struct ConnectorUnderTest {
  std::function<std::unique_ptr<Connector>()> make;
  std::vector<PageSample> pages;
  std::vector<PresenceSample> presence;
};

inline void PrintTo(const ConnectorUnderTest& connector, std::ostream* out) {
  *out << connector.make()->provider();
}

/// Bytes that have broken JSON readers before. None may break a transform.
inline std::vector<std::string> HostileBodies() {
  std::vector<std::string> bodies = {
      "",
      " ",
      "\n",
      "\xEF\xBB\xBF{}",
      "null",
      "true",
      "0",
      "-1",
      "\"text\"",
      "{}",
      "[]",
      "[[]]",
      "[{}]",
      "[null]",
      "[1,2,3]",
      "[\"a\"]",
      "{\"issues\":null}",
      "{\"issues\":{}}",
      "{\"issues\":[null,1,[]]}",
      "{\"data\":null}",
      "{\"data\":[]}",
      "{\"values\":5}",
      "{\"errors\":[{\"message\":\"x\"}]}",
      "{\"errorMessages\":[\"x\"]}",
      "{",
      "[",
      "[{",
      "{\"a\"",
      "{\"a\":",
      "{\"a\":1,",
      "{\"a\":1}}",
      "[1,]",
      "[1 2]",
      "{,}",
      "{1:2}",
      "nul",
      "NaN",
      "[Infinity]",
      "[+1]",
      "[01]",
      "[1.]",
      "[.5]",
      "[1e]",
      "[1e400]",
      "[-1e400]",
      "[12345678901234567890123]",
      "{\"id\":1e131071}",
      "\"\\ud800\"",
      "[\"\\ud800\\u0041\"]",
      "[\"\\u0000\"]",
      std::string("\0", 1),
      std::string("{\"id\":\"\0\"}", 10),
      "[\"\x80\"]",
      "[\"\xC0\xAF\"]",
      "[\"\xED\xA0\x80\"]",
      "[\"\xF5\x80\x80\x80\"]",
      "[\"unterminated]",
      "[\"\\x\"]",
      "[\"\\u12\"]",
      "[\"tab\there\"]",
      "<html><body>log in</body></html>",
      "<?xml version='1.0'?>",
      "\x1F\x8B\x08",
      "{\"id\":1,\"id\":2}",
      "// comment\n{}",
      "{'id':1}",
  };
  for (const std::size_t depth : {10UL, 64UL, 1000UL, 1023UL, 1025UL, 100000UL}) {
    bodies.push_back(std::string(depth, '['));
    bodies.push_back(std::string(depth, '[') + std::string(depth, ']'));
    std::string objects;
    for (std::size_t i = 0; i < depth; ++i) objects += "{\"content\":[";
    bodies.push_back(objects);
  }
  return bodies;
}

/// Every cut of `body` at some forty places, and some sixty copies with a few bytes changed. The
/// same every time.
inline std::vector<std::string> Damaged(const std::string& body) {
  std::vector<std::string> bodies;
  const std::size_t step = std::max<std::size_t>(1, body.size() / 40);
  for (std::size_t at = 0; at < body.size(); at += step) bodies.push_back(body.substr(0, at));
  std::minstd_rand random(7);
  constexpr std::string_view kBytes = "{}[]\":,\\0n\x80\xFF ";
  for (int copy = 0; copy < 60 && !body.empty(); ++copy) {
    std::string changed = body;
    for (int i = 0; i <= copy % 4; ++i)
      changed[random() % changed.size()] = kBytes[random() % kBytes.size()];
    bodies.push_back(std::move(changed));
  }
  return bodies;
}

inline bool IsUtf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead >= 0x80 && (lead < 0xC2 || lead > 0xF4)) return false;
    if (i + length > text.size()) return false;
    unsigned code = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0U) != 0x80U) return false;
      code = (code << 6U) | (next & 0x3FU);
    }
    if ((length == 3 && code < 0x800) || (length == 4 && (code < 0x10000 || code > 0x10FFFF)))
      return false;
    if (code >= 0xD800 && code < 0xE000) return false;
    i += length;
  }
  return true;
}

inline void ExpectWellFormed(const Problem& problem) {
  constexpr std::size_t kMaxSample = 2048;
  EXPECT_FALSE(problem.code.empty());
  EXPECT_EQ(problem.code.find_first_of(" \n\""), std::string::npos) << problem.code;
  EXPECT_FALSE(problem.message.empty()) << problem.code;
  EXPECT_EQ(problem.message.find('\n'), std::string::npos) << problem.message;
  EXPECT_LE(problem.sample.size(), kMaxSample) << problem.code;
  EXPECT_TRUE(IsUtf8(problem.sample)) << problem.code;
  EXPECT_TRUE(IsUtf8(problem.external_id)) << problem.code;
}

/// A column with every byte of text in UTF-8: what load may rely on.
inline void ExpectWellFormed(const model::RowBatch& rows) {
  for (const model::Record& record : rows.records()) {
    EXPECT_FALSE(record.entity_type.empty());
    EXPECT_FALSE(record.external_id.empty()) << record.entity_type;
    for (const model::Row& row : rows.rows(record)) {
      const auto cells = rows.cells(row);
      for (std::size_t i = 0; i < cells.size(); ++i) {
        if (cells[i].kind() != model::Cell::Kind::kText) continue;
        EXPECT_TRUE(IsUtf8(cells[i].text()))
            << row.table->name << '.' << row.table->columns[i].name;
      }
      for (std::size_t i = 0; i < row.table->key_columns; ++i) {
        EXPECT_TRUE(cells[i].has_value()) << row.table->name << '.' << row.table->columns[i].name;
      }
    }
  }
}

class ConnectorConformance : public ::testing::TestWithParam<ConnectorUnderTest> {
 protected:
  void SetUp() override { connector_ = GetParam().make(); }

  std::unique_ptr<Connector> connector_;
};

TEST_P(ConnectorConformance, NamesItselfAndItsEntityTypes) {
  const auto types = connector_->entity_types();

  EXPECT_FALSE(connector_->provider().empty());
  ASSERT_FALSE(types.empty());
  EXPECT_EQ(std::set<std::string_view>(types.begin(), types.end()).size(), types.size());
  for (const std::string_view type : types)
    EXPECT_TRUE(type.starts_with(connector_->provider())) << type;
  for (const ScopeKey& key : connector_->scope_keys()) EXPECT_FALSE(key.doc.empty()) << key.name;
  EXPECT_GE(connector_->transform_version(), 1);
}

TEST_P(ConnectorConformance, UnderstandsItsOwnPagesCompletely) {
  for (const PageSample& page : GetParam().pages) {
    SCOPED_TRACE(page.entity_type);
    model::RowBatch rows;
    const Transformed result =
        connector_->Transform(page.entity_type, page.request, page.body, rows);

    EXPECT_FALSE(result.page_problem) << result.page_problem->message;
    EXPECT_TRUE(result.problems.empty()) << result.problems.front().code;
    EXPECT_EQ(result.record_count, page.records);
    EXPECT_GT(rows.row_count(), 0U);
    ExpectWellFormed(rows);
  }
}

TEST_P(ConnectorConformance, MakesTheSameRowsOfTheSamePage) {
  for (const PageSample& page : GetParam().pages) {
    SCOPED_TRACE(page.entity_type);
    model::RowBatch first;
    model::RowBatch second;
    connector_->Transform(page.entity_type, page.request, page.body, first);
    GetParam().make()->Transform(page.entity_type, page.request, page.body, second);

    ASSERT_FALSE(first.records().empty());
    EXPECT_EQ(first.Serialize(), second.Serialize());
  }
}

TEST_P(ConnectorConformance, AddsToWhatTheBatchAlreadyHolds) {
  const PageSample& page = GetParam().pages.front();
  model::RowBatch rows;
  connector_->Transform(page.entity_type, page.request, page.body, rows);
  const std::size_t once = rows.records().size();
  connector_->Transform(page.entity_type, page.request, page.body, rows);

  ASSERT_GT(once, 0U);
  EXPECT_EQ(rows.records().size(), 2 * once);
  EXPECT_EQ(rows.records()[0].content_hash, rows.records()[once].content_hash);
}

TEST_P(ConnectorConformance, RefusesAnUnknownEntityTypeAsAPage) {
  model::RowBatch rows;
  const Transformed result = connector_->Transform("weather_reports", "{}", "{}", rows);

  ASSERT_TRUE(result.page_problem);
  ExpectWellFormed(*result.page_problem);
  EXPECT_EQ(rows.row_count(), 0U);
}

TEST_P(ConnectorConformance, SurvivesEveryMalformedBody) {
  std::size_t tried = 0;
  std::size_t refused = 0;
  for (const PageSample& page : GetParam().pages) {
    SCOPED_TRACE(page.entity_type);
    std::vector<std::string> bodies = HostileBodies();
    for (std::string& body : Damaged(page.body)) bodies.push_back(std::move(body));
    for (const std::string& body : bodies) {
      model::RowBatch rows;
      const Transformed result = connector_->Transform(page.entity_type, page.request, body, rows);
      ++tried;
      refused += result.page_problem || !result.problems.empty() ? 1 : 0;
      for (const Problem& problem : result.problems) ExpectWellFormed(problem);
      if (result.page_problem) ExpectWellFormed(*result.page_problem);
      ExpectWellFormed(rows);
    }
  }
  EXPECT_GE(tried, 300U);
  EXPECT_GT(refused, tried / 2) << "most of these are no pages at all, and that must be said";
}

TEST_P(ConnectorConformance, SurvivesEveryMalformedRequest) {
  const PageSample& page = GetParam().pages.front();
  for (const std::string& request : HostileBodies()) {
    model::RowBatch rows;
    connector_->Transform(page.entity_type, request, page.body, rows);
    ExpectWellFormed(rows);
  }
}

TEST_P(ConnectorConformance, OneBrokenRecordLeavesItsNeighboursAlone) {
  for (const PageSample& page : GetParam().pages) {
    const std::size_t quote = page.body.rfind("\":\"");
    if (page.records < 2 || quote == std::string::npos) continue;
    SCOPED_TRACE(page.entity_type);
    std::string body = page.body;
    body.insert(quote + 3, "\xFF");
    model::RowBatch rows;
    const Transformed result = connector_->Transform(page.entity_type, page.request, body, rows);

    EXPECT_FALSE(result.page_problem);
    EXPECT_EQ(result.record_count, page.records) << "good and bad";
    EXPECT_EQ(result.problems.size(), 1U);
    EXPECT_FALSE(rows.records().empty());
  }
}

TEST_P(ConnectorConformance, KeepsAbsentNullAndAValueApart) {
  const auto kind_of = [&](const PresenceSample& sample, const std::string& body) {
    model::RowBatch rows;
    connector_->Transform(sample.entity_type, "{}", body, rows);
    for (const model::Record& record : rows.records()) {
      for (const model::Row& row : rows.rows(record)) {
        if (row.table == sample.table)
          return rows.cells(row)[row.table->IndexOf(sample.column)].kind();
      }
    }
    ADD_FAILURE() << "no row of " << sample.table->name;
    return model::Cell::Kind::kAbsent;
  };
  ASSERT_FALSE(GetParam().presence.empty());
  for (const PresenceSample& sample : GetParam().presence) {
    SCOPED_TRACE(sample.column);
    EXPECT_EQ(kind_of(sample, sample.absent), model::Cell::Kind::kAbsent);
    EXPECT_EQ(kind_of(sample, sample.null), model::Cell::Kind::kNull);
    EXPECT_EQ(kind_of(sample, sample.value), model::Cell::Kind::kText);
  }
}

TEST_P(ConnectorConformance, JudgesWhatEveryHttpApiMeans) {
  const Call call{.endpoint = "GET /x", .path = "/x", .body = {}};
  const auto kind = [&](int status, std::vector<std::pair<std::string, std::string>> headers = {}) {
    const Verdict verdict =
        connector_->Judge(call, {status, std::move(headers), "{}"}, 1700000000000);
    return verdict.error ? std::optional(verdict.error->kind()) : std::nullopt;
  };

  EXPECT_EQ(kind(200), std::nullopt);
  EXPECT_EQ(kind(401), ErrorKind::kUnauthorized);
  EXPECT_EQ(kind(404), ErrorKind::kNotFound);
  EXPECT_EQ(kind(429), ErrorKind::kRateLimited);
  EXPECT_EQ(kind(500), ErrorKind::kUnavailable);
  EXPECT_EQ(kind(503), ErrorKind::kUnavailable);
  const Verdict asked = connector_->Judge(call, {429, {{"retry-after", "7"}}, "{}"}, 1700000000000);
  EXPECT_EQ(asked.error->retry_after(), std::chrono::seconds(7));
}

}  // namespace pulse::source::testing
