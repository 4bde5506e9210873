#pragma once

/// \file
/// work_item_prs rows: which issue keys a pull request names, and where.

#include <string_view>

#include "pulse/model/row_batch.h"

namespace pulse::source::github {

/// Writes the candidates of one pull request; a key counts once per place it stands in.
class LinkWriter {
 public:
  LinkWriter(model::RowBatch& rows, std::string_view repository_id, std::int64_t number)
      : rows_(rows), repository_id_(repository_id), number_(number) {}

  void FromTitle(std::string_view text) { Scan("title", "", text); }
  void FromBranch(std::string_view text) { Scan("branch", "", text); }
  void FromBody(std::string_view text) { Scan("body", "", text); }
  void FromCommit(std::string_view sha, std::string_view text) { Scan("commit", sha, text); }

 private:
  void Scan(std::string_view source, std::string_view ref, std::string_view text);

  model::RowBatch& rows_;
  std::string_view repository_id_;
  std::int64_t number_;
};

}  // namespace pulse::source::github
