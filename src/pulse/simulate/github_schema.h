#pragma once

/// \file
/// Schema: the part of GitHub's GraphQL schema that the simulator answers.
///
/// A field is declared by its line of GitHub's published schema (npm @octokit/graphql-schema), so
/// that the subset can be read, printed and compared with the original, plus the function that
/// answers it. Connections and their edges follow one pattern and are derived from their names.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "pulse/simulate/github_model.h"

namespace pulse::simulate::github {

class Executor;
struct PlanField;
struct TypeDef;

/// Writes the field's value (not its key) of `self` to the executor.
using Resolver = void (*)(Executor&, const void* self, const PlanField&);

struct ArgumentDef {
  std::string name;
  std::string type;     ///< `Int`, `[PullRequestState!]`, `String!`.
  std::string initial;  ///< Default value as written; empty for none.
};

/// Parts of a connection and of its edges, which the executor writes itself.
enum class Part : unsigned char { kNone, kEdges, kNodes, kPageInfo, kTotalCount, kCursor, kNode };

struct FieldDef {
  /// `declaration` as in GitHub's schema: `commits(first: Int, after: String): XConnection!`.
  FieldDef(std::string_view declaration, Resolver resolver, Part connection_part = Part::kNone);

  std::string name;
  std::vector<ArgumentDef> arguments;
  std::string type;                 ///< `[PullRequest]`.
  std::string type_name;            ///< `PullRequest`.
  const TypeDef* target = nullptr;  ///< Null for scalars and enums.
  Resolver resolve;
  Part part;

  bool is_connection() const noexcept { return type_name.ends_with("Connection"); }
  const ArgumentDef* FindArgument(std::string_view argument) const noexcept;
};

enum class TypeKind : unsigned char { kObject, kInterface, kUnion };

struct TypeDef {
  std::string name;
  TypeKind kind = TypeKind::kObject;
  std::vector<FieldDef> fields;
  std::vector<std::string> members;  ///< Object types behind an interface or a union.

  const FieldDef* FindField(std::string_view field) const noexcept;
  bool Includes(std::string_view object_type) const noexcept;
};

class Schema {
 public:
  Schema();
  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

  const TypeDef& query() const noexcept { return *query_; }
  const TypeDef* Find(std::string_view name) const noexcept;
  /// The subset in GitHub's own notation, types in alphabetical order.
  std::string Text() const;

 private:
  void AddConnections();
  void Link();

  std::vector<std::unique_ptr<TypeDef>> types_;
  const TypeDef* query_ = nullptr;
};

/// The types by subject; each file answers the fields it declares.
std::vector<TypeDef> RootTypes();
std::vector<TypeDef> RepositoryTypes();
std::vector<TypeDef> PullRequestTypes();
std::vector<TypeDef> ConversationTypes();
std::vector<TypeDef> DeliveryTypes();

}  // namespace pulse::simulate::github
