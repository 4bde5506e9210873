#include "pulse/simulate/jira_jql.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "pulse/base/ascii.h"
#include "pulse/simulate/jira_jql_tokens.h"

namespace pulse::simulate {
namespace {

enum class JqlField : unsigned char {
  kProject,
  kIssue,
  kStatus,
  kCategory,
  kType,
  kSprint,
  kCreated,
  kUpdated,
};
enum class JqlOp : unsigned char { kIn, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

struct FieldName {
  std::string_view name;
  JqlField field;
};
constexpr std::array<FieldName, 14> kFieldNames = {{
    {"project", JqlField::kProject},
    {"key", JqlField::kIssue},
    {"issuekey", JqlField::kIssue},
    {"id", JqlField::kIssue},
    {"issue", JqlField::kIssue},
    {"status", JqlField::kStatus},
    {"statuscategory", JqlField::kCategory},
    {"issuetype", JqlField::kType},
    {"type", JqlField::kType},
    {"sprint", JqlField::kSprint},
    {"created", JqlField::kCreated},
    {"createddate", JqlField::kCreated},
    {"updated", JqlField::kUpdated},
    {"updateddate", JqlField::kUpdated},
}};

bool IsTime(JqlField field) { return field == JqlField::kCreated || field == JqlField::kUpdated; }

std::optional<std::int64_t> NumberOf(std::string_view text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

/// 'yyyy/MM/dd HH:mm' and its shorter forms, in the account's zone.
std::optional<EpochMs> DateOf(std::string_view text) {
  std::string iso(text);
  std::replace(iso.begin(), iso.end(), '/', '-');
  if (iso.size() == 10) iso += " 00:00";
  if (iso.size() != 16 || iso[10] != ' ') return std::nullopt;
  return ParseInstant(iso + ":00+0530");
}

}  // namespace

struct JqlNode {
  enum class Kind : unsigned char { kAnd, kOr, kNot, kClause };
  Kind kind = Kind::kClause;
  std::vector<std::unique_ptr<JqlNode>> children;
  JqlField field = JqlField::kProject;
  JqlOp op = JqlOp::kIn;
  bool negated = false;
  std::vector<std::int64_t> operands;  // Sorted: positions, sprint ids, categories or instants.
};

class JqlParser {
 public:
  JqlParser(std::vector<JqlToken> tokens, const JiraSource& source, UnknownIssues unknown)
      : tokens_(std::move(tokens)), source_(source), unknown_(unknown) {}

  Result<JqlQuery> Parse() {
    JqlQuery query;
    for (const Item& status : Names(ItemKind::kStatus)) {
      query.status_category_.push_back(CategoryNumber(status.group).value_or(1));
    }
    if (!AtWord("order") && Peek().kind != JqlToken::Kind::kEnd) {
      PULSE_TRY(query.root_, ParseOr());
    }
    if (TakeWord("order")) PULSE_CHECK(ParseOrder(query));
    if (Peek().kind != JqlToken::Kind::kEnd) return Unexpected("either 'OR' or 'AND'");
    query.depth_ = depth_;
    if (query.root_) query.named_ = NamedBy(*query.root_);
    return query;
  }

 private:
  using Node = std::unique_ptr<JqlNode>;

  const JqlToken& Peek() const { return tokens_[at_]; }
  const JqlToken& Next() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  bool AtWord(std::string_view word) const {
    return Peek().kind == JqlToken::Kind::kWord && Lower(Peek().text) == word;
  }
  bool TakeWord(std::string_view word) {
    if (!AtWord(word)) return false;
    ++at_;
    return true;
  }
  bool TakeSymbol(std::string_view symbol) {
    if (Peek().kind != JqlToken::Kind::kSymbol || Peek().text != symbol) return false;
    ++at_;
    return true;
  }
  Error Unexpected(std::string_view wanted) const {
    const JqlToken& token = Peek();
    std::string got = "'" + token.text + "'";
    if (token.kind == JqlToken::Kind::kEnd) got = "the end of the query";
    return Error(
        ErrorKind::kInvalid,
        "Error in the JQL Query: Expecting " + std::string(wanted) + " but got " + got +
            ". (line 1, character " + std::to_string(token.at) + ")"
    );
  }

  Result<Node> ParseOr() {
    PULSE_TRY(Node node, ParseAnd());
    while (TakeWord("or")) {
      PULSE_TRY(Node more, ParseAnd());
      node = Join(JqlNode::Kind::kOr, std::move(node), std::move(more));
    }
    return node;
  }

  Result<Node> ParseAnd() {
    PULSE_TRY(Node node, ParseUnary());
    while (TakeWord("and")) {
      PULSE_TRY(Node more, ParseUnary());
      node = Join(JqlNode::Kind::kAnd, std::move(node), std::move(more));
    }
    return node;
  }

  static Node Join(JqlNode::Kind kind, Node left, Node right) {
    auto node = std::make_unique<JqlNode>();
    node->kind = kind;
    node->children.push_back(std::move(left));
    node->children.push_back(std::move(right));
    return node;
  }

  Result<Node> ParseUnary() {
    // As deep as a person could mean; a parser that recurses needs an end.
    constexpr int kDeepest = 50;
    if (++nesting_ > kDeepest) return Unexpected("a simpler query");
    Result<Node> node = ParseNested();
    --nesting_;
    return node;
  }

  Result<Node> ParseNested() {
    if (TakeWord("not")) {
      PULSE_TRY(Node inner, ParseUnary());
      auto node = std::make_unique<JqlNode>();
      node->kind = JqlNode::Kind::kNot;
      node->children.push_back(std::move(inner));
      return node;
    }
    if (TakeSymbol("(")) {
      PULSE_TRY(Node node, ParseOr());
      if (!TakeSymbol(")")) return Unexpected("')'");
      return node;
    }
    return ParseClause();
  }

  Result<Node> ParseClause() {
    if (Peek().kind != JqlToken::Kind::kWord && Peek().kind != JqlToken::Kind::kText) {
      return Unexpected("a field name");
    }
    const std::string name = Next().text;
    PULSE_TRY(const JqlField field, FieldOf(name));
    auto node = std::make_unique<JqlNode>();
    node->field = field;
    if (field == JqlField::kStatus || field == JqlField::kCategory || field == JqlField::kSprint) {
      depth_ = Depth::kState;
    }
    node->negated = TakeWord("not");
    if (TakeWord("in")) {
      PULSE_CHECK(ParseList(*node, name));
    } else {
      if (node->negated) return Unexpected("'IN'");
      PULSE_CHECK(ParseComparison(*node, name));
    }
    std::sort(node->operands.begin(), node->operands.end());
    return node;
  }

  static Result<JqlField> FieldOf(const std::string& name) {
    const std::string lower = Lower(name);
    for (const FieldName& known : kFieldNames) {
      if (known.name == lower) return known.field;
    }
    return Error(
        ErrorKind::kInvalid,
        "Field '" + name + "' does not exist or you do not have permission to view it."
    );
  }

  Result<> ParseList(JqlNode& node, const std::string& name) {
    if (!TakeSymbol("(")) return Unexpected("'('");
    do {
      PULSE_CHECK(ParseValue(node, name));
    } while (TakeSymbol(","));
    if (!TakeSymbol(")")) return Unexpected("')'");
    return {};
  }

  Result<> ParseComparison(JqlNode& node, const std::string& name) {
    if (Peek().kind != JqlToken::Kind::kSymbol) {
      return Unexpected("operator (=, !=, <, >, <=, >=, 'IN', 'NOT IN')");
    }
    const std::string symbol = Next().text;
    if (symbol == "<") node.op = JqlOp::kLess;
    if (symbol == "<=") node.op = JqlOp::kLessOrEqual;
    if (symbol == ">") node.op = JqlOp::kGreater;
    if (symbol == ">=") node.op = JqlOp::kGreaterOrEqual;
    node.negated = symbol == "!=";
    const bool known = node.op == JqlOp::kIn ? symbol == "=" || symbol == "!=" : IsTime(node.field);
    if (!known) {
      return Error(
          ErrorKind::kInvalid,
          "The operator '" + symbol + "' is not supported by the '" + name + "' field."
      );
    }
    return ParseValue(node, name);
  }

  Result<> ParseValue(JqlNode& node, const std::string& name) {
    if (Peek().kind != JqlToken::Kind::kWord && Peek().kind != JqlToken::Kind::kText) {
      return Unexpected("a value");
    }
    const JqlToken token = Next();
    if (token.kind == JqlToken::Kind::kWord && TakeSymbol("(")) {
      return Error(ErrorKind::kInvalid, "Unable to find JQL function '" + token.text + "()'.");
    }
    if (IsTime(node.field)) return AddInstant(node, token, name);
    const std::size_t before = node.operands.size();
    AddRecords(node, token.text);
    const bool lenient = node.field == JqlField::kIssue && unknown_ == UnknownIssues::kMatchNothing;
    if (node.operands.size() > before || lenient) return {};
    if (node.field == JqlField::kIssue && !NumberOf(token.text)) {
      return Error(
          ErrorKind::kInvalid,
          "An issue with key '" + token.text + "' does not exist for field '" + name + "'."
      );
    }
    return Error(
        ErrorKind::kInvalid,
        "The value '" + token.text + "' does not exist for the field '" + name + "'."
    );
  }

  static Result<> AddInstant(JqlNode& node, const JqlToken& token, const std::string& name) {
    const std::optional<EpochMs> instant =
        token.kind == JqlToken::Kind::kWord ? NumberOf(token.text) : DateOf(token.text);
    if (!instant) {
      return Error(
          ErrorKind::kInvalid,
          "Date value '" + token.text + "' for field '" + name +
              "' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', "
              "'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
      );
    }
    node.operands.push_back(*instant);
    return {};
  }

  void AddRecords(JqlNode& node, const std::string& value) {
    switch (node.field) {
      case JqlField::kProject:
        return AddNamed(node, ItemKind::kProject, value);
      case JqlField::kStatus:
        return AddNamed(node, ItemKind::kStatus, value);
      case JqlField::kType:
        return AddNamed(node, ItemKind::kIssueType, value);
      case JqlField::kSprint:
        for (const Item& sprint : Names(ItemKind::kSprint)) {
          if (sprint.id != value && Lower(sprint.name) != Lower(value)) continue;
          if (const auto id = NumberOf(sprint.id)) node.operands.push_back(*id);
        }
        return;
      case JqlField::kCategory:
        if (const auto category = CategoryNumber(value)) node.operands.push_back(*category);
        return;
      default:
        if (const auto position = source_.Find(value)) node.operands.push_back(*position);
    }
  }

  /// By id, key or name: names need not be unique on a site.
  void AddNamed(JqlNode& node, ItemKind kind, const std::string& value) {
    const std::string lower = Lower(value);
    const std::vector<Item>& items = Names(kind);
    for (std::size_t i = 0; i < items.size(); ++i) {
      const Item& item = items[i];
      if (item.id == value || Lower(item.key) == lower || Lower(item.name) == lower) {
        node.operands.push_back(static_cast<std::int64_t>(i));
      }
    }
  }

  static std::optional<int> CategoryNumber(std::string_view value) {
    const std::string lower = Lower(value);
    if (lower == "new" || lower == "to do" || lower == "2") return 0;
    if (lower == "indeterminate" || lower == "in progress" || lower == "4") return 1;
    if (lower == "done" || lower == "complete" || lower == "3") return 2;
    return std::nullopt;
  }

  const std::vector<Item>& Names(ItemKind kind) const {
    return source_.catalogue(Dialect::kCloudV3).of(kind);
  }

  Result<> ParseOrder(JqlQuery& query) {
    if (!TakeWord("by")) return Unexpected("'BY'");
    constexpr int kMostFields = 7;
    int fields = 0;
    do {
      if (++fields > kMostFields) {
        return Error(ErrorKind::kInvalid, "The maximum number of order by fields is 7.");
      }
      const std::string name = Next().text;
      PULSE_TRY(const JqlField field, FieldOf(name));
      const bool descending = TakeWord("desc");
      if (!descending) TakeWord("asc");
      if (fields > 1) continue;
      query.descending_ = descending;
      if (IsTime(field)) {
        query.order_ = field == JqlField::kCreated ? JqlOrder::kCreated : JqlOrder::kUpdated;
      } else if (field == JqlField::kIssue) {
        query.order_ = Lower(name) == "id" ? JqlOrder::kId : JqlOrder::kKey;
      } else {
        return Error(ErrorKind::kInvalid, "Not able to sort using field '" + name + "'.");
      }
    } while (TakeSymbol(","));
    return {};
  }

  /// Positions that a query of the form `… AND id IN (…)` cannot leave.
  static std::optional<std::vector<std::int64_t>> NamedBy(const JqlNode& node) {
    if (node.kind == JqlNode::Kind::kClause) {
      if (node.field != JqlField::kIssue || node.negated) return std::nullopt;
      std::vector<std::int64_t> positions = node.operands;
      positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
      return positions;
    }
    if (node.kind != JqlNode::Kind::kAnd) return std::nullopt;
    auto left = NamedBy(*node.children[0]);
    return left ? left : NamedBy(*node.children[1]);
  }

  std::vector<JqlToken> tokens_;
  std::size_t at_ = 0;
  int nesting_ = 0;
  const JiraSource& source_;
  UnknownIssues unknown_;
  Depth depth_ = Depth::kHead;
};

namespace {

bool Compare(JqlOp op, std::int64_t value, const std::vector<std::int64_t>& operands) {
  switch (op) {
    case JqlOp::kIn:
      return std::binary_search(operands.begin(), operands.end(), value);
    case JqlOp::kLess:
      return value < operands.front();
    case JqlOp::kLessOrEqual:
      return value <= operands.front();
    case JqlOp::kGreater:
      return value > operands.front();
    case JqlOp::kGreaterOrEqual:
      return value >= operands.front();
  }
  return false;
}

bool MatchesClause(
    const JqlNode& node, const IssueFacts& facts, const std::vector<int>& status_category
) {
  const auto has = [&](std::int64_t value) { return Compare(node.op, value, node.operands); };
  switch (node.field) {
    case JqlField::kProject:
      return has(facts.project);
    case JqlField::kIssue:
      return has(facts.position);
    case JqlField::kStatus:
      return has(facts.status);
    case JqlField::kCategory: {
      const auto place = static_cast<std::size_t>(facts.status);
      return place < status_category.size() && has(status_category[place]);
    }
    case JqlField::kType:
      return has(facts.type);
    case JqlField::kSprint:
      return std::ranges::any_of(facts.sprints, has);
    case JqlField::kCreated:
      return has(facts.created);
    case JqlField::kUpdated:
      return has(facts.updated);
  }
  return false;
}

bool MatchesNode(
    const JqlNode& node, const IssueFacts& facts, const std::vector<int>& status_category
) {
  const auto matches = [&](const std::unique_ptr<JqlNode>& child) {
    return MatchesNode(*child, facts, status_category);
  };
  switch (node.kind) {
    case JqlNode::Kind::kAnd:
      return std::ranges::all_of(node.children, matches);
    case JqlNode::Kind::kOr:
      return std::ranges::any_of(node.children, matches);
    case JqlNode::Kind::kNot:
      return !matches(node.children.front());
    case JqlNode::Kind::kClause:
      break;
  }
  return MatchesClause(node, facts, status_category) != node.negated;
}

}  // namespace

JqlQuery::JqlQuery() = default;
JqlQuery::~JqlQuery() = default;
JqlQuery::JqlQuery(JqlQuery&&) noexcept = default;
JqlQuery& JqlQuery::operator=(JqlQuery&&) noexcept = default;

Result<JqlQuery> JqlQuery::Parse(
    std::string_view text, const JiraSource& source, UnknownIssues unknown
) {
  PULSE_TRY(auto tokens, TokenizeJql(text));
  return JqlParser(std::move(tokens), source, unknown).Parse();
}

bool JqlQuery::Matches(const IssueFacts& facts) const {
  if (project_ && facts.project != *project_) return false;
  if (sprint_ && std::ranges::find(facts.sprints, *sprint_) == facts.sprints.end()) return false;
  return root_ == nullptr || MatchesNode(*root_, facts, status_category_);
}

void JqlQuery::Restrict(std::optional<int> project, std::optional<std::int64_t> sprint) {
  project_ = project;
  sprint_ = sprint;
  if (sprint) depth_ = Depth::kState;
}

}  // namespace pulse::simulate
