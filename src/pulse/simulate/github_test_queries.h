#pragma once

/// \file
/// Four queries with everything a thorough connector asks for. Their prices are known.

#include <string_view>

namespace pulse::simulate::github {

inline constexpr std::string_view kRepositoriesQuery = R"(
query Repositories($owner: String!, $size: Int! = 50, $cursor: String) {
  rateLimit { limit cost remaining used resetAt nodeCount }
  repositoryOwner(login: $owner) {
    __typename id login
    repositories(first: $size, after: $cursor, ownerAffiliations: [OWNER],
                 orderBy: {field: PUSHED_AT, direction: DESC}) {
      totalCount pageInfo { hasNextPage endCursor }
      nodes {
        id databaseId name nameWithOwner description url visibility isPrivate isArchived isDisabled
        isFork isEmpty isTemplate createdAt updatedAt pushedAt diskUsage stargazerCount forkCount
        primaryLanguage { name } defaultBranchRef { name target { oid } }
        repositoryTopics(first: 20) { nodes { topic { name } } }
      }
    }
  }
})";

inline constexpr std::string_view kPullRequestsQuery = R"(
query PullRequests($owner: String!, $name: String!, $cursor: String, $prs: Int! = 25,
                   $nested: Int! = 50, $threads: Int! = 30, $answers: Int! = 10) {
  rateLimit { limit cost remaining used resetAt nodeCount }
  repository(owner: $owner, name: $name, followRenames: false) {
    id databaseId nameWithOwner
    pullRequests(first: $prs, after: $cursor, orderBy: {field: UPDATED_AT, direction: DESC}) {
      totalCount pageInfo { hasNextPage endCursor }
      nodes {
        id fullDatabaseId number url title bodyText state isDraft merged locked
        createdAt updatedAt publishedAt closedAt mergedAt authorAssociation
        author { __typename login ... on User { id databaseId } ... on Bot { id databaseId }
                 ... on Mannequin { id databaseId } }
        mergedBy { __typename login }
        baseRefName baseRefOid headRefName headRefOid isCrossRepository
        headRepository { nameWithOwner }
        additions deletions changedFiles totalCommentsCount reviewDecision
        mergeCommit { oid committedDate } milestone { number title dueOn }
        labels(first: 20) { nodes { name color } }
        assignees(first: 10) { nodes { login databaseId } }
        reviewRequests(first: 20) { nodes { requestedReviewer {
          __typename ... on User { login databaseId } ... on Team { slug databaseId }
          ... on Bot { login } ... on Mannequin { login } } } }
        closingIssuesReferences(first: 10) { nodes { number repository { nameWithOwner } } }
        commits(first: $nested) {
          totalCount pageInfo { hasNextPage endCursor }
          nodes { commit {
            oid messageHeadline messageBody authoredDate committedDate
            additions deletions changedFilesIfAvailable
            author { name email user { login databaseId } }
            committer { name email user { login databaseId } } } }
        }
        reviews(first: $nested) {
          totalCount pageInfo { hasNextPage endCursor }
          nodes { id fullDatabaseId state bodyText submittedAt createdAt updatedAt
                  author { __typename login } commit { oid } comments { totalCount } }
        }
        comments(first: $nested) {
          totalCount pageInfo { hasNextPage endCursor }
          nodes { id fullDatabaseId bodyText createdAt updatedAt author { __typename login } }
        }
        reviewThreads(first: $threads) {
          totalCount pageInfo { hasNextPage endCursor }
          nodes {
            id isResolved isOutdated path line resolvedBy { login }
            comments(first: $answers) {
              totalCount pageInfo { hasNextPage endCursor }
              nodes { id fullDatabaseId bodyText createdAt updatedAt author { __typename login }
                      replyTo { id } }
            }
          }
        }
      }
    }
  }
})";

inline constexpr std::string_view kNestedQuery = R"(
query Nested($id: ID!, $cursor: String, $more: Boolean! = false) {
  rateLimit { cost }
  node(id: $id) {
    ... on PullRequest {
      id
      commits(first: 100, after: $cursor) @include(if: $more) { nodes { commit { oid } } }
      reviews(first: 100, after: $cursor) @include(if: $more) { nodes { id } }
      comments(first: 100, after: $cursor) @include(if: $more) { nodes { id } }
      reviewThreads(first: 50, after: $cursor) @include(if: $more) {
        nodes { id comments(first: 50) { nodes { id } } }
      }
    }
    ... on PullRequestReviewThread {
      comments(first: 100, after: $cursor) @include(if: $more) { nodes { id } }
    }
  }
})";

inline constexpr std::string_view kDeliveryQuery = R"(
query Delivery($owner: String!, $name: String!, $environments: [String!], $deployed: Boolean! = true) {
  repository(owner: $owner, name: $name) {
    deployments(first: 50, environments: $environments,
                orderBy: {field: CREATED_AT, direction: DESC}) @include(if: $deployed) {
      totalCount
      nodes {
        id databaseId commitOid ref { name } task environment latestEnvironment
        originalEnvironment description state createdAt updatedAt creator { __typename login }
        statuses(first: 20) { nodes { id state createdAt updatedAt environment logUrl } }
      }
    }
    releases(first: 50, orderBy: {field: CREATED_AT, direction: DESC}) {
      totalCount
      nodes { id databaseId tagName name isDraft isPrerelease isLatest createdAt publishedAt
              updatedAt author { login } tagCommit { oid committedDate } }
    }
  }
})";

}  // namespace pulse::simulate::github
