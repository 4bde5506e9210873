#pragma once

/// \file
/// FileData: a simulated GitHub made from REST payloads in files.
///
/// A line is a REST object, or wraps one as {"payload": …, "group": "owner/repo#12"}. Of several
/// payloads of one record the newest `updated_at` counts, among equals the last. A pull request
/// belongs to its base.repo; a child to its group, else to the number in its pull_request_url or
/// issue_url. What belongs nowhere is refused.

#include <memory>
#include <string>
#include <vector>

#include "pulse/base/error.h"
#include "pulse/simulate/github_data.h"

namespace pulse::simulate::github {

struct FileDataOptions {
  std::vector<std::string> prs;
  std::vector<std::string> reviews;
  std::vector<std::string> commits;
  std::vector<std::string> issue_comments;
  std::vector<std::string> review_comments;

  bool any() const noexcept {
    return !(
        prs.empty() && reviews.empty() && commits.empty() && issue_comments.empty() &&
        review_comments.empty()
    );
  }
};

/// Errors: kInvalid (unreadable file, line that is no JSON object or belongs to no repository).
Result<std::unique_ptr<Data>> NewFileData(const FileDataOptions& options);

}  // namespace pulse::simulate::github
