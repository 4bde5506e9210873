#include "pulse/simulate/github_world_people.h"

#include <algorithm>
#include <array>

#include "pulse/simulate/github_node_id.h"
#include "pulse/simulate/github_rest_json.h"

namespace pulse::simulate::github {
namespace {

constexpr std::array<std::string_view, 3> kBots = {
    "dependabot[bot]", "renovate[bot]", "github-actions[bot]"
};
constexpr std::array<std::string_view, 4> kTeams = {
    "payments", "platform", "mobile", "data-engineering"
};

Actor MakeActor(std::string type, std::string login, std::int64_t id, std::string_view prefix) {
  Actor actor;
  actor.node_id = FormatNodeId({prefix, 0, static_cast<std::uint32_t>(id), 0});
  actor.type = std::move(type);
  actor.login = std::move(login);
  actor.id = id;
  return actor;
}

/// Writes the account's REST form once and for all.
void Finish(Actor& actor) {
  std::string rest;
  AppendUser(rest, &actor);
  actor.rest = std::move(rest);
}

template <class T>
const T* Pick(Random& random, const std::vector<T>& from) {
  return &from[random.Below(static_cast<std::uint32_t>(from.size()))];
}

}  // namespace

Accounts::Accounts(const World& world)
    : viewer_(MakeActor("User", "acme-reader", 900'001, "U")),
      organization_(MakeActor("Organization", "acme-labs", 900'000, "O")) {
  viewer_.name = "Acme Reader";
  viewer_.email = "reader@acme.example";
  organization_.name = "Acme Labs";
  for (int i = 0; i < world.person_count(); ++i) {
    const simulate::Person person = world.PersonAt(i);
    Actor& actor = people_.emplace_back(MakeActor("User", person.github_login, 1'000'000 + i, "U"));
    actor.name = person.display_name;
    actor.email = person.email;
  }
  for (std::size_t i = 0; i < kBots.size(); ++i) {
    bots_.push_back(
        MakeActor("Bot", std::string(kBots[i]), 800'000 + static_cast<std::int64_t>(i), "BOT")
    );
  }
  for (std::size_t i = 0; i < kTeams.size(); ++i) {
    Actor& team = teams_.emplace_back(
        MakeActor("Team", std::string(kTeams[i]), 700'000 + static_cast<std::int64_t>(i), "T")
    );
    team.name = team.login;
  }
  for (Actor* actor : {&viewer_, &organization_}) Finish(*actor);
  for (auto* group : {&people_, &bots_}) std::ranges::for_each(*group, Finish);
  for (const Actor* actor : {&viewer_, &organization_}) by_login_[actor->login] = actor;
  for (const auto* group : {&people_, &bots_}) {
    for (const Actor& actor : *group) by_login_[actor.login] = &actor;
  }
}

const Actor* Accounts::Find(std::string_view login) const {
  const auto at = by_login_.find(login);
  return at == by_login_.end() ? nullptr : at->second;
}

const Actor* Accounts::Person(Random& random) const { return Pick(random, people_); }
const Actor* Accounts::Bot(Random& random) const { return Pick(random, bots_); }
const Actor* Accounts::Team(Random& random) const { return Pick(random, teams_); }

const Actor* Accounts::Anyone(Random& random) const {
  const std::uint32_t draw = random.Below(1000);
  if (draw < 15) return nullptr;
  if (draw < 95) return Bot(random);
  return Person(random);
}

}  // namespace pulse::simulate::github
