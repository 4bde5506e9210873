#pragma once

/// \file
/// Accounts of the generated world.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pulse/simulate/github_model.h"
#include "pulse/simulate/random.h"
#include "pulse/simulate/world.h"

namespace pulse::simulate::github {

class Accounts {
 public:
  explicit Accounts(const World& world);

  const Actor& viewer() const noexcept { return viewer_; }
  const Actor& organization() const noexcept { return organization_; }
  const Actor* Find(std::string_view login) const;

  const Actor* Person(Random& random) const;
  const Actor* Bot(Random& random) const;
  const Actor* Team(Random& random) const;
  /// A person, now and then a bot, rarely nobody: the account was deleted.
  const Actor* Anyone(Random& random) const;

 private:
  Actor viewer_;
  Actor organization_;
  std::vector<Actor> people_;
  std::vector<Actor> bots_;
  std::vector<Actor> teams_;
  std::unordered_map<std::string_view, const Actor*> by_login_;
};

}  // namespace pulse::simulate::github
