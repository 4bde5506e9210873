#include "pulse/source/github/api.h"

#include <algorithm>

#include "pulse/model/json_text.h"

namespace pulse::source::github {

Variables& Variables::Add(std::string_view name) {
  if (json_.size() > 1) json_ += ',';
  model::AppendJsonString(json_, name);
  json_ += ':';
  return *this;
}

Variables& Variables::Text(std::string_view name, std::string_view value) {
  Add(name);
  model::AppendJsonString(json_, value);
  return *this;
}

Variables& Variables::Number(std::string_view name, int value) {
  Add(name);
  json_ += std::to_string(value);
  return *this;
}

Variables& Variables::Cursor(std::string_view name, std::string_view value) {
  return value.empty() ? *this : Text(name, value);
}

Result<Answer> Api::Query(std::string_view query, const Variables& variables) {
  Call call;
  call.method = "POST";
  call.endpoint = "POST /graphql";
  call.quota = "graphql";
  call.path = endpoints_.graphql;
  call.body = "{\"query\":";
  model::AppendJsonString(call.body, query);
  call.body += ",\"variables\":" + variables.Json() + '}';
  return transport_.Send(call);
}

Result<Answer> Api::Get(std::string_view endpoint, std::string_view path) {
  Call call;
  call.endpoint = "GET " + std::string(endpoint);
  call.quota = "core";
  call.path = std::string(endpoints_.rest).append(path);
  return transport_.Send(call);
}

namespace {

/// `text` with every "0" that ends a name ("$id0", "c0") turned into `index`.
std::string Numbered(std::string_view text, std::size_t index) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool after_letter = i > 0 && ((text[i - 1] | 0x20) >= 'a' && (text[i - 1] | 0x20) <= 'z');
    const bool before_end = i + 1 == text.size() || text[i + 1] < '0' || text[i + 1] > '9';
    if (text[i] == '0' && after_letter && before_end) {
      out += std::to_string(index);
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string_view LineStarting(std::string_view text, std::string_view start) {
  const std::size_t at = text.find(std::string("\n").append(start));
  if (at == std::string_view::npos) return {};
  const std::string_view rest = text.substr(at + 1);
  return rest.substr(0, rest.find('\n'));
}

bool Spreads(std::string_view text, std::string_view fragment) {
  const std::string spread = "..." + std::string(fragment);
  for (std::size_t at = text.find(spread); at != std::string_view::npos;
       at = text.find(spread, at + 1)) {
    const std::size_t end = at + spread.size();
    if (end == text.size() || text[end] == ' ' || text[end] == '\n') return true;
  }
  return false;
}

/// The fragments that `operation` spreads, and those they spread, in an order of use.
std::string UsedFragments(std::string_view operation, std::string_view fragments) {
  constexpr std::string_view kMark = "\nfragment ";
  std::vector<std::string_view> unused;
  for (std::size_t at = fragments.find(kMark); at != std::string_view::npos;) {
    const std::size_t next = fragments.find(kMark, at + 1);
    unused.push_back(fragments.substr(at, next == std::string_view::npos ? next : next - at));
    at = next;
  }
  std::string used;
  for (bool found = true; found;) {
    const auto in_use = [&](std::string_view fragment) {
      const std::string_view name = fragment.substr(kMark.size());
      const std::string_view word = name.substr(0, name.find(' '));
      return Spreads(operation, word) || Spreads(used, word);
    };
    const auto fragment = std::ranges::find_if(unused, in_use);
    found = fragment != unused.end();
    if (!found) break;
    used += *fragment;
    unused.erase(fragment);
  }
  return used;
}

/// Where the selection that begins at `at` ends: behind its last brace, or its line where it has
/// none.
std::size_t EndOfSelection(std::string_view query, std::size_t at) {
  const std::size_t line = std::min(query.find('\n', at), query.size());
  const std::size_t brace = query.find('{', at);
  if (brace > line) return line;
  int depth = 0;
  for (std::size_t i = brace; i < query.size(); ++i) {
    if (query[i] == '{') ++depth;
    if (query[i] == '}' && --depth == 0) return i + 1;
  }
  return query.size();
}

}  // namespace

std::string WithoutField(std::string_view query, std::string_view field) {
  std::string out;
  std::size_t at = 0;
  while (at < query.size()) {
    const std::size_t end = std::min(query.find('\n', at), query.size() - 1) + 1;
    const std::string_view line = query.substr(at, end - at);
    const std::size_t word = std::min(line.find_first_not_of(' '), line.size());
    const std::string_view rest = line.substr(word);
    const char after = rest.size() > field.size() ? rest[field.size()] : '\n';
    if (rest.starts_with(field) && (after == '(' || after == ' ' || after == '\n')) {
      at = std::min(query.find('\n', EndOfSelection(query, at + word)), query.size() - 1) + 1;
    } else {
      out += line;
      at = end;
    }
  }
  return out;
}

std::string ExpandAliases(std::string_view query, std::string_view aliases) {
  const std::size_t open = query.find('(');
  const std::size_t close = query.find(')');
  const std::size_t end = query.find("\n}");
  const std::string_view declarations = query.substr(open + 1, close - open - 1);
  std::string out(query.substr(0, open + 1));
  for (std::size_t i = 0; i < aliases.size(); ++i) {
    out.append(i > 0 ? ", " : "").append(Numbered(declarations, i));
  }
  out += ") {\n";
  for (std::size_t i = 0; i < aliases.size(); ++i) {
    out += Numbered(LineStarting(query, std::string(1, aliases[i]) + "0:"), i) + '\n';
  }
  out += '}';
  return out + UsedFragments(out, query.substr(end + 2));
}

}  // namespace pulse::source::github
