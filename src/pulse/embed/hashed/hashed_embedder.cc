#include "pulse/embed/hashed/hashed_embedder.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace pulse::embed::hashed {
namespace {

constexpr std::size_t kDimensions = 256;
/// Changes whenever the same text would give another vector: points of two spaces never mix.
constexpr std::string_view kModel = "hashed-ngram-256-v1";
constexpr std::size_t kMostBytes = std::size_t{16} * 1024;

/// A word says most; there are about five times as many pieces as words, so one piece says little.
/// Words of up to three ASCII letters are mostly "the" and "of".
constexpr std::int32_t kWordWeight = 64;
constexpr std::int32_t kShortWordWeight = 24;
constexpr std::int32_t kPairWeight = 40;
constexpr std::int32_t kPieceWeight = 14;

/// Start values that keep equal words, pairs and pieces from meeting in one hash.
constexpr std::uint64_t kWordSeed = 1;
constexpr std::uint64_t kPairSeed = 2;
constexpr std::uint64_t kPieceSeed = 3;

constexpr char32_t kNoLetter = 0;
constexpr char32_t kWordEdge = 1;  ///< Stands before the first and after the last letter.

/// splitmix64's finisher: every input bit reaches every output bit.
constexpr std::uint64_t Mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// The letter in lower case, or kNoLetter for what separates words.
constexpr char32_t FoldLetter(char32_t c) {
  if (c < 0x80) {
    if (c >= 'A' && c <= 'Z') return c + 0x20;
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : kNoLetter;
  }
  if (c < 0xC0 || c == 0xD7 || c == 0xF7) return kNoLetter;  // Latin-1's signs.
  if (c <= 0xDE) return c + 0x20;
  const bool punctuation = (c >= 0x2000 && c <= 0x206F) || (c >= 0x3000 && c <= 0x303F) ||
                           (c >= 0xFF00 && c <= 0xFF0F) || c >= 0x110000;
  return punctuation ? kNoLetter : c;
}

/// Takes the next code point off `text`. Bytes that are no UTF-8 read as a blank.
char32_t TakeCodePoint(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0x80 ? 1 : std::countl_one(first);
  if (length == 1 && first < 0x80) {
    text.remove_prefix(1);
    return first;
  }
  if (length < 2 || length > 4 || length > text.size()) {
    text.remove_prefix(1);
    return ' ';
  }
  char32_t c = first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) {
      text.remove_prefix(i);
      return ' ';
    }
    c = c << 6 | (next & 0x3F);
  }
  text.remove_prefix(length);
  return c;
}

/// How often each feature occurs: open addressing, made once, large enough.
class FeatureCounts {
 public:
  explicit FeatureCounts(std::size_t most) : slots_(std::bit_ceil(2 * most)) {}

  void Add(std::uint64_t feature, std::int32_t weight) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = feature & mask;
    while (slots_[at].count != 0 && slots_[at].feature != feature) at = (at + 1) & mask;
    Slot& slot = slots_[at];
    slot.feature = feature;
    slot.weight = weight;
    ++slot.count;
  }

  /// Sums every feature into its dimension, with its sign. In integers, so that no machine rounds
  /// otherwise and the order does not matter.
  std::array<std::int64_t, kDimensions> Fold() const {
    std::array<std::int64_t, kDimensions> sums{};
    for (const Slot& slot : slots_) {
      if (slot.count == 0) continue;
      // Sublinear: a doubled count adds half a weight. bit_width is floor(log2) + 1.
      const std::int64_t value = std::int64_t{slot.weight} * (std::bit_width(slot.count) + 1);
      sums[(slot.feature >> 48) % kDimensions] += slot.feature >> 63 != 0 ? -value : value;
    }
    return sums;
  }

 private:
  struct Slot {
    std::uint64_t feature = 0;
    std::int32_t weight = 0;
    std::uint32_t count = 0;
  };
  std::vector<Slot> slots_;
};

/// Reads a text letter by letter and counts what it is made of.
class Reader {
 public:
  // Every letter ends one piece, every word is one more and at most one pair.
  explicit Reader(std::size_t bytes) : counts_(2 * bytes + 2) {}

  void Read(std::string_view text) {
    while (!text.empty()) {
      if (const char32_t letter = FoldLetter(TakeCodePoint(text)); letter != kNoLetter) {
        TakeLetter(letter);
      } else {
        EndWord();
      }
    }
    EndWord();
  }

  const FeatureCounts& counts() const { return counts_; }

 private:
  void TakeLetter(char32_t letter) {
    if (length_ > 0) AddPiece(letter);
    before_ = length_ == 0 ? kWordEdge : last_;
    last_ = letter;
    word_ = Mix(word_ ^ letter);
    plain_ = plain_ && letter >= 'a' && letter <= 'z';
    ++length_;
  }

  void EndWord() {
    if (length_ == 0) return;
    AddPiece(kWordEdge);
    counts_.Add(word_, plain_ && length_ <= 3 ? kShortWordWeight : kWordWeight);
    if (previous_ != 0) counts_.Add(Mix(Mix(previous_ ^ kPairSeed) ^ word_), kPairWeight);
    previous_ = word_;
    word_ = kWordSeed;
    length_ = 0;
    plain_ = true;
  }

  /// The last two letters and `next`; 21 bits hold a code point.
  void AddPiece(char32_t next) {
    const std::uint64_t letters = std::uint64_t{before_} << 42 | std::uint64_t{last_} << 21 | next;
    counts_.Add(Mix(Mix(letters) ^ kPieceSeed), kPieceWeight);
  }

  FeatureCounts counts_;
  std::uint64_t word_ = kWordSeed;
  std::uint64_t previous_ = 0;
  std::size_t length_ = 0;
  bool plain_ = true;
  char32_t before_ = kWordEdge;
  char32_t last_ = kWordEdge;
};

std::vector<float> EmbedOne(std::string_view text) {
  text = text.substr(0, kMostBytes);
  Reader reader(text.size());
  reader.Read(text);
  const auto sums = reader.counts().Fold();

  std::int64_t squares = 0;
  for (const std::int64_t sum : sums) squares += sum * sum;
  std::vector<float> vector(kDimensions, 0.0F);
  if (squares == 0) {
    vector[0] = 1;  // No word, or all cancelled out: near to nothing but its like.
    return vector;
  }
  // One square root and one division per number, which IEEE 754 rounds alike everywhere.
  const double length = std::sqrt(static_cast<double>(squares));
  for (std::size_t i = 0; i < kDimensions; ++i) {
    vector[i] = static_cast<float>(static_cast<double>(sums[i]) / length);
  }
  return vector;
}

class HashedEmbedder final : public Embedder {
 public:
  std::string_view model() const override { return kModel; }
  int dimensions() const override { return static_cast<int>(kDimensions); }

  Result<std::vector<std::vector<float>>> Embed(
      std::span<const std::string_view> texts, std::stop_token stop
  ) override {
    std::vector<std::vector<float>> vectors;
    vectors.reserve(texts.size());
    for (const std::string_view text : texts) {
      if (stop.stop_requested()) return Error{ErrorKind::kCancelled, "asked to stop embedding"};
      vectors.push_back(EmbedOne(text));
    }
    return vectors;
  }
};

}  // namespace

std::unique_ptr<Embedder> NewHashedEmbedder() { return std::make_unique<HashedEmbedder>(); }

}  // namespace pulse::embed::hashed
