#include "pulse/embed/http/wire.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <nlohmann/json.hpp>

namespace pulse::embed::http {
namespace {

using nlohmann::json;

Error Malformed(std::string_view what) {
  return Error{ErrorKind::kUnavailable, "embeddings server answered " + std::string(what)};
}

/// The vector at unit length; nothing when it has none (zeros, or not numbers).
std::optional<std::vector<float>> ReadVector(const json& values) {
  if (!values.is_array()) return std::nullopt;
  std::vector<float> vector;
  vector.reserve(values.size());
  double squares = 0;
  for (const json& value : values) {
    if (!value.is_number()) return std::nullopt;
    const auto number = value.get<double>();
    squares += number * number;
    vector.push_back(static_cast<float>(number));
  }
  if (!(squares > 0) || !std::isfinite(squares)) return std::nullopt;
  const double length = std::sqrt(squares);
  for (float& value : vector) value = static_cast<float>(value / length);
  return vector;
}

}  // namespace

std::string EncodeRequest(std::string_view model, std::span<const std::string_view> texts) {
  json request = {{"input", json::array()}};
  for (const std::string_view text : texts) request["input"].push_back(text);
  if (!model.empty()) request["model"] = model;
  return request.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<EncodedVectors> DecodeAnswer(std::string_view body, std::size_t count) {
  const json answer = json::parse(body, nullptr, /*allow_exceptions=*/false);
  const auto data = answer.is_object() ? answer.find("data") : answer.end();
  if (data == answer.end() || !data->is_array()) return Malformed("no list of embeddings");
  if (data->size() != count) {
    return Malformed(
        std::to_string(data->size()) + " embeddings for " + std::to_string(count) + " texts"
    );
  }

  EncodedVectors decoded;
  decoded.vectors.resize(count);
  for (const json& one : *data) {
    const auto index = one.is_object() ? one.find("index") : one.end();
    if (index == one.end() || !index->is_number_unsigned() || *index >= count) {
      return Malformed("an embedding without a valid index");
    }
    std::vector<float>& place = decoded.vectors[index->get<std::size_t>()];
    if (!place.empty()) return Malformed("two embeddings for one text");
    const auto values = one.find("embedding");
    auto vector = values == one.end() ? std::nullopt : ReadVector(*values);
    if (!vector) return Error{ErrorKind::kInvalid, "an embedding is no vector with a length"};
    place = *std::move(vector);
  }
  for (const auto& vector : decoded.vectors) {
    if (vector.size() != decoded.vectors.front().size()) {
      return Error{ErrorKind::kInvalid, "embeddings of one answer differ in their dimensions"};
    }
  }
  if (const auto model = answer.find("model"); model != answer.end() && model->is_string()) {
    decoded.model = model->get<std::string>();
  }
  return decoded;
}

std::string DecodeError(std::string_view body) {
  const json answer = json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object() || !answer.contains("error")) return {};
  const json& error = answer["error"];
  const json& message = error.is_object() && error.contains("message") ? error["message"] : error;
  if (!message.is_string()) return {};
  std::string text = message.get<std::string>().substr(0, 200);
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return text;
}

}  // namespace pulse::embed::http
