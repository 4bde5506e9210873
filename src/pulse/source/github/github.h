#pragma once

/// \file
/// The GitHub connector: github.com, *.ghe.com and Enterprise Server.
///
/// GraphQL is the default plan, at about 43 points and calls per 1,000 pull requests with commits,
/// reviews, conversation comments, labels, assignees and review requests (queries/*.graphql say
/// what each query costs); review comments come repository-wide over REST, 100 per call. Scope
/// `api=rest` reads everything over REST.
///
/// A job's root step (`github_sync`, or one of the entity types) lists the repositories in scope
/// and makes one step per repository and entity; a repository in which nothing moved since its
/// watermark gets none. The connector holds no state; see step.h for what travels in params.
///
/// What a token may not read (403 for one repository, a permission it lacks) is a gap of that
/// repository; review requests alone are left out instead.
///
/// Child sets. Commits, reviews and issue links of a pull request are replaced as a whole whenever
/// a page holds all of them. pr_comments never is: conversation comments and review comments come
/// from different places and share the table, so neither page can say "these are all". A comment
/// deleted at GitHub therefore stays until its pull request is loaded anew.
///
/// Sources: docs.github.com/graphql (rate and node limits), docs.github.com/rest, read 2026-11.

#include <memory>

#include "pulse/source/source.h"

namespace pulse::source::github {

/// Thread-safe, stateless.
std::unique_ptr<Connector> NewGithubConnector();

}  // namespace pulse::source::github
