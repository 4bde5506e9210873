#pragma once

/// \file
/// Rest: the read endpoints of GitHub's REST API that a connector needs; see
/// docs/reference/simulator-github.md for the list.

#include <string>
#include <string_view>
#include <vector>

#include "pulse/http/server.h"
#include "pulse/simulate/github_data.h"
#include "pulse/simulate/github_listing.h"

namespace pulse::simulate::github {

struct RestCall {
  std::string base;  ///< Scheme, host and API prefix; Link headers start with it.
  std::string path;  ///< Without the prefix: `/repos/acme-labs/orders/pulls`.
  std::string query;
};

/// Thread-safe.
class Rest {
 public:
  explicit Rest(const Data& data) : data_(data), feeds_(data) {}

  /// What is not known is answered with GitHub's 404.
  http::Response Handle(const RestCall& call);

 private:
  struct Listing;
  http::Response ForRepository(
      const Repository& repository,
      const std::vector<std::string_view>& parts,
      const Listing& listing
  );
  http::Response ForPull(
      const Repository& repository,
      const std::vector<std::string_view>& parts,
      const Listing& listing
  ) const;
  http::Response Repositories(std::string_view owner, const Listing& listing) const;
  http::Response Pulls(const Repository& repository, const Listing& listing) const;
  http::Response Issues(const Repository& repository, const Listing& listing) const;
  http::Response Feed(const Repository& repository, CommentKind kind, const Listing& listing);
  http::Response Comments(const PullRequest& pull, CommentKind kind, const Listing& listing) const;
  http::Response Deployments(const Repository& repository, const Listing& listing) const;
  http::Response Deployment(
      const Repository& repository,
      const std::vector<std::string_view>& parts,
      const Listing& listing
  ) const;

  const Data& data_;
  Feeds feeds_;
};

}  // namespace pulse::simulate::github
