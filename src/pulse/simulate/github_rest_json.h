#pragma once

/// \file
/// REST forms of what the simulated GitHub knows. Payloads that came from a file are written
/// verbatim; everything else is rendered in the shape of api.github.com, 2022-11-28.

#include <string>

#include "pulse/simulate/github_model.h"

namespace pulse::simulate::github {

enum class PullShape : unsigned char { kList, kDetail };

void AppendUser(std::string& out, const Actor* actor);  ///< null for a deleted account.
void AppendRepository(std::string& out, const Repository& repository);
void AppendPull(std::string& out, const PullRequest& pull, PullShape shape);
/// A pull request as the issues endpoints show it: with a `pull_request` member.
void AppendIssue(std::string& out, const PullRequest& pull);
void AppendCommit(std::string& out, const Commit& commit);
void AppendReview(std::string& out, const Review& review);
void AppendIssueComment(std::string& out, const Comment& comment);
void AppendReviewComment(std::string& out, const Comment& comment);
void AppendDeployment(std::string& out, const Repository& repository, const Deployment& deployment);
void AppendDeploymentStatus(
    std::string& out,
    const Repository& repository,
    const Deployment& deployment,
    const DeploymentStatus& status
);
void AppendRelease(std::string& out, const Repository& repository, const Release& release);

}  // namespace pulse::simulate::github
