#pragma once

/// \file
/// Payload: reads GitHub's REST objects into the model. What a payload lacks stays empty.

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "pulse/simulate/github_model.h"

namespace pulse::simulate::github {

/// `owner/repo#12`
struct Place {
  std::string full_name;
  std::int64_t number = 0;
};

/// From a wrapper's group.
std::optional<Place> PlaceOfGroup(std::string_view group);
/// From `…/repos/owner/repo/pulls/12` or `…/issues/12`.
std::optional<Place> PlaceOfUrl(std::string_view url);

/// A text member; empty when there is none.
std::string TextOf(const nlohmann::json& object, std::string_view name);
/// 0 when there is none.
std::int64_t IntegerOf(const nlohmann::json& object, std::string_view name);

/// Keeps accounts, labels and milestones, to which the model points; addresses are stable.
class PayloadReader {
 public:
  void ReadPull(const nlohmann::json& payload, PullRequest& out);
  void ReadRepository(const nlohmann::json& payload, Repository& out);
  void ReadCommit(const nlohmann::json& payload, Commit& out);
  void ReadReview(const nlohmann::json& payload, Review& out);
  void ReadComment(const nlohmann::json& payload, Comment& out);

  const std::map<std::string, Actor, std::less<>>& accounts() const noexcept { return accounts_; }
  /// Of a user object; null for a deleted account.
  const Actor* ReadActor(const nlohmann::json& user);
  /// An account of which only the login is known.
  const Actor* NamedAccount(const std::string& login, const std::string& type);

 private:
  const Label* ReadLabel(const nlohmann::json& payload);
  const Milestone* ReadMilestone(const nlohmann::json& payload);
  void ReadPeople(const nlohmann::json& payload, PullRequest& out);
  void ReadBranches(const nlohmann::json& payload, PullRequest& out);

  std::map<std::string, Actor, std::less<>> accounts_;
  std::deque<Actor> teams_;
  std::deque<Label> labels_;
  std::deque<Milestone> milestones_;
};

}  // namespace pulse::simulate::github
