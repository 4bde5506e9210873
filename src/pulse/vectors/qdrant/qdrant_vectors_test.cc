#include "pulse/vectors/qdrant/qdrant_vectors.h"

#include <cstdlib>
#include <random>

#include "pulse/vectors/qdrant/testing/qdrant_stub.h"
#include "pulse/vectors/qdrant/wire.h"
#include "pulse/vectors/testing/vectors_conformance.h"

namespace pulse::vectors::qdrant {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int kDimensions = static_cast<int>(kTestDimensions);
constexpr TenantId kTenant{1};
constexpr IntegrationId kJira{7};

std::unique_ptr<http::Client> LocalClient() {
  return http::NewClient({.allow_private_addresses = true});
}

QdrantOptions OptionsFor(const std::string& url) {
  return {
      .url = url,
      .dimensions = kDimensions,
      .model = "m",
      .backoff = {.base = milliseconds(1), .cap = milliseconds(2)},
  };
}

/// Vectors with the client they use and, for the stub, the server.
class OwnVectors final : public Vectors {
 public:
  /// In the stub.
  OwnVectors() : stub_(std::make_unique<QdrantStub>()) {
    vectors_ = std::move(*OpenQdrantVectors(OptionsFor(stub_->url()), *client_));
  }
  /// In a real server: a collection that goes away afterwards.
  OwnVectors(QdrantOptions options, std::string api_key)
      : real_(options), key_(std::move(api_key)) {
    vectors_ = std::move(*OpenQdrantVectors(options, *client_));
  }
  ~OwnVectors() override {
    if (stub_) {
      EXPECT_THAT(stub_->violations(), IsEmpty());
      return;
    }
    const std::string name = CollectionName(real_.collection_prefix, real_.model, kDimensions);
    const http::ClientRequest drop{
        .method = "DELETE",
        .url = real_.url + "/collections/" + name,
        .headers = {{"api-key", key_}},
    };
    EXPECT_TRUE(client_->Send(drop, {}));
  }
  Result<std::vector<std::int64_t>> TextHashes(TenantId tenant, std::span<const std::string> ids)
      override {
    return vectors_->TextHashes(tenant, ids);
  }
  Result<> Upsert(TenantId tenant, std::span<const Point> points) override {
    return vectors_->Upsert(tenant, points);
  }
  Result<std::vector<Hit>> Search(
      TenantId tenant, std::span<const float> query, const SearchFilter& filter
  ) override {
    return vectors_->Search(tenant, query, filter);
  }
  Result<> Erase(TenantId tenant, std::span<const std::string> ids) override {
    return vectors_->Erase(tenant, ids);
  }
  Result<> EraseIntegration(TenantId tenant, IntegrationId integration) override {
    return vectors_->EraseIntegration(tenant, integration);
  }
  Result<> EraseTenant(TenantId tenant) override { return vectors_->EraseTenant(tenant); }
  Result<std::int64_t> Count(TenantId tenant) override { return vectors_->Count(tenant); }
  Result<std::vector<std::string>> PointsAfter(TenantId tenant, std::string_view after, int limit)
      override {
    return vectors_->PointsAfter(tenant, after, limit);
  }
  Result<std::string> Probe() override { return vectors_->Probe(); }

 private:
  std::unique_ptr<http::Client> client_ = LocalClient();
  std::unique_ptr<QdrantStub> stub_;
  QdrantOptions real_;
  std::string key_;
  std::unique_ptr<Vectors> vectors_;
};

/// The stub always; a real server where QDRANT_URL (and QDRANT_API_KEY) name one. ctest lists tests
/// when it builds, so run this program itself for that.
std::vector<VectorsBackend> Backends() {
  std::vector<VectorsBackend> backends{
      {.name = "stub", .make = [] { return std::make_unique<OwnVectors>(); }},
  };
  // NOLINTBEGIN(concurrency-mt-unsafe): before any thread.
  if (const char* url = std::getenv("QDRANT_URL")) {
    const char* key = std::getenv("QDRANT_API_KEY");
    // NOLINTEND(concurrency-mt-unsafe)
    backends.push_back({.name = "server", .make = [url, key] {
                          QdrantOptions options = OptionsFor(url);
                          options.api_key = key == nullptr ? "" : key;
                          options.collection_prefix =
                              "pulsetest" + std::to_string(std::random_device{}());
                          return std::make_unique<OwnVectors>(options, options.api_key);
                        }});
  }
  return backends;
}

INSTANTIATE_TEST_SUITE_P(Qdrant, VectorsConformance, testing::ValuesIn(Backends()));

Point MakePoint(int number, TenantId tenant = kTenant) {
  const std::string external_id = std::to_string(number);
  return {
      .id = PointId(tenant, kJira, "jira_issues", external_id),
      .values = Direction(static_cast<std::uint64_t>(number)),
      .text_hash = 1000 + number,
      .integration = kJira,
      .entity_type = "jira_issues",
      .external_id = external_id,
      .reference = "PAY-" + external_id,
      .title = "Issue " + external_id,
  };
}

std::vector<Point> MakePoints(int count) {
  std::vector<Point> points;
  for (int number = 1; number <= count; ++number) points.push_back(MakePoint(number));
  return points;
}

class QdrantVectorsTest : public testing::Test {
 protected:
  ~QdrantVectorsTest() override { EXPECT_THAT(stub_.violations(), IsEmpty()); }
  std::unique_ptr<Vectors> Open(QdrantOptions options) {
    auto vectors = OpenQdrantVectors(options, *client_);
    EXPECT_TRUE(vectors) << vectors.error().message();
    return std::move(*vectors);
  }
  std::unique_ptr<Vectors> Open() { return Open(OptionsFor(stub_.url())); }
  std::vector<std::string> Found(Vectors& vectors, int number) {
    const auto hits =
        vectors.Search(kTenant, Direction(static_cast<std::uint64_t>(number)), {.limit = 1});
    EXPECT_TRUE(hits) << hits.error().message();
    std::vector<std::string> references;
    if (hits) {
      for (const Hit& hit : *hits) references.push_back(hit.reference);
    }
    return references;
  }

  QdrantStub stub_;
  std::unique_ptr<http::Client> client_ = LocalClient();
};

TEST_F(QdrantVectorsTest, NamesTheServerAndWhetherTheCollectionIsThere) {
  const auto vectors = Open();
  EXPECT_EQ(*vectors->Probe(), "Qdrant 1.19.0, collection pulse_m_24 (not made yet)");
  ASSERT_TRUE(vectors->Upsert(kTenant, MakePoints(1)));
  EXPECT_EQ(*vectors->Probe(), "Qdrant 1.19.0, collection pulse_m_24");
}

TEST_F(QdrantVectorsTest, SendsAtMost256PointsARequestAndNoRequestLess) {
  const auto vectors = Open();
  ASSERT_TRUE(vectors->Upsert(kTenant, MakePoints(1)));
  const std::size_t before = stub_.requests();

  ASSERT_TRUE(vectors->Upsert(kTenant, MakePoints(1000)));

  EXPECT_EQ(stub_.requests() - before, 4U);
  EXPECT_EQ(vectors->Count(kTenant), 1000);
}

TEST_F(QdrantVectorsTest, RefusesAPointWhoseIdIsNotItsRecords) {
  const auto vectors = Open();
  Point forged = MakePoint(1);
  forged.id = MakePoint(2, TenantId(2)).id;

  const auto refused = vectors->Upsert(kTenant, std::span(&forged, 1));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalid);
  EXPECT_EQ(stub_.points(), 0U);
}

TEST_F(QdrantVectorsTest, KeepsModelsApartInCollectionsOfTheirOwn) {
  QdrantOptions other = OptionsFor(stub_.url());
  other.model = "BAAI/bge small";
  const auto one = Open();
  const auto two = Open(other);
  ASSERT_TRUE(one->Upsert(kTenant, MakePoints(2)));
  ASSERT_TRUE(two->Upsert(kTenant, MakePoints(3)));

  EXPECT_EQ(one->Count(kTenant), 2);
  EXPECT_EQ(two->Count(kTenant), 3);
  EXPECT_THAT(stub_.collections(), SizeIs(2));
  EXPECT_NE(CollectionName("p", "a/b", 3), CollectionName("p", "a b", 3));
}

TEST_F(QdrantVectorsTest, SaysHowToMendACollectionOfOtherDimensions) {
  const http::ClientRequest make{
      .method = "PUT",
      .url = stub_.url() + "/collections/pulse_m_24",
      .headers = {{"Content-Type", "application/json"}},
      .body = EncodeCollection(48),
  };
  ASSERT_EQ(client_->Send(make, {})->status, 200);
  const auto vectors = Open();

  for (const auto& error : {
           vectors->Upsert(kTenant, MakePoints(1)).error(),
           vectors->Count(kTenant).error(),
           vectors->Probe().error(),
       }) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalid);
    EXPECT_THAT(error.message(), HasSubstr("48 dimensions"));
    EXPECT_THAT(error.message(), HasSubstr("pulse vector rebuild"));
  }
}

TEST_F(QdrantVectorsTest, TwoProcessesMakeOneCollection) {
  const auto one = Open();
  const auto two = Open();
  {
    std::vector<std::jthread> threads;
    for (Vectors* vectors : {one.get(), two.get()}) {
      threads.emplace_back([vectors] { EXPECT_TRUE(vectors->Upsert(kTenant, MakePoints(5))); });
    }
  }
  EXPECT_EQ(one->Count(kTenant), 5);
  EXPECT_THAT(stub_.collections(), SizeIs(1));
}

TEST_F(QdrantVectorsTest, FinishesACollectionWhoseMakerDied) {
  const http::ClientRequest make{
      .method = "PUT",
      .url = stub_.url() + "/collections/pulse_m_24",
      .headers = {{"Content-Type", "application/json"}},
      .body = EncodeCollection(kDimensions),
  };
  ASSERT_EQ(client_->Send(make, {})->status, 200) << "without its indexes";

  const auto vectors = Open();

  EXPECT_EQ(vectors->Count(kTenant), 0) << "a strict server refuses filters without an index";
}

// The kill tests of the vectorize stage, from this side: before, in the middle of, and after an
// upsert.

TEST_F(QdrantVectorsTest, SaysUnavailableWhileTheServerIsDownAndGoesOnWhenItIsBack) {
  const auto vectors = Open();
  ASSERT_TRUE(vectors->Upsert(kTenant, MakePoints(3)));
  stub_.Stop();

  EXPECT_EQ(vectors->Upsert(kTenant, MakePoints(5)).error().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(vectors->Probe().error().kind(), ErrorKind::kUnavailable);

  stub_.StartAgain();
  ASSERT_TRUE(vectors->Upsert(kTenant, MakePoints(5)));
  EXPECT_EQ(vectors->Count(kTenant), 5);
}

TEST_F(QdrantVectorsTest, AnUpsertWhoseAnswerIsLostIsDoneAgainAndChangesNothing) {
  const auto vectors = Open();
  ASSERT_TRUE(vectors->Upsert(kTenant, MakePoints(1)));
  stub_.CutNextAnswer();
  const std::size_t before = stub_.requests();

  ASSERT_TRUE(vectors->Upsert(kTenant, MakePoints(5)));

  EXPECT_EQ(stub_.requests() - before, 2U);
  EXPECT_EQ(vectors->Count(kTenant), 5);
  EXPECT_THAT(Found(*vectors, 4), ElementsAre("PAY-4"));
}

TEST_F(QdrantVectorsTest, MakesTheCollectionAgainWhenItVanishes) {
  const auto vectors = Open();
  ASSERT_TRUE(vectors->Upsert(kTenant, MakePoints(3)));
  ASSERT_EQ(vectors->Count(kTenant), 3);
  stub_.DropCollections();

  EXPECT_TRUE(Found(*vectors, 1).empty()) << "a search finds nothing and is no error";
  ASSERT_TRUE(vectors->Upsert(kTenant, MakePoints(3)));
  EXPECT_THAT(Found(*vectors, 1), ElementsAre("PAY-1"));
}

TEST_F(QdrantVectorsTest, ConvergesWithAServerThatCameBackEmpty) {
  const auto vectors = Open();
  const auto points = MakePoints(600);
  ASSERT_TRUE(vectors->Upsert(kTenant, points));
  stub_.Stop();
  stub_.DropCollections();
  stub_.StartAgain();

  std::vector<std::string> ids;
  for (const Point& point : points) ids.push_back(point.id);
  const auto hashes = vectors->TextHashes(kTenant, ids);
  ASSERT_TRUE(hashes) << hashes.error().message();
  EXPECT_EQ(std::ranges::count(*hashes, 0), 600) << "what is missing can be seen";
  ASSERT_TRUE(vectors->Upsert(kTenant, points));
  EXPECT_EQ(vectors->Count(kTenant), 600);
}

TEST_F(QdrantVectorsTest, TriesAgainAfter429And5xxAndGivesUpAfterThree) {
  const auto vectors = Open();
  ASSERT_TRUE(vectors->Upsert(kTenant, MakePoints(1)));
  stub_.AnswerNext({.status = 503, .headers = {}, .body = {}});
  stub_.AnswerNext({.status = 429, .headers = {}, .body = {}});
  EXPECT_EQ(vectors->Count(kTenant), 1);

  stub_.AnswerNext({.status = 500, .headers = {}, .body = {}}, 3);
  EXPECT_EQ(vectors->Count(kTenant).error().kind(), ErrorKind::kUnavailable);

  stub_.AnswerNext({.status = 429, .headers = {{"Retry-After", "30"}}, .body = {}});
  const auto limited = vectors->Count(kTenant);
  ASSERT_FALSE(limited);
  EXPECT_EQ(limited.error().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(limited.error().retry_after(), seconds(30)) << "too long to wait here";
}

TEST_F(QdrantVectorsTest, AChangeThatIsNotDoneYetIsNotDone) {
  const auto vectors = Open();
  ASSERT_TRUE(vectors->Upsert(kTenant, MakePoints(1)));
  for (const char* status : {"acknowledged", "wait_timeout"}) {
    stub_.AnswerNext(
        {.status = 200,
         .headers = {},
         .body = std::string(R"({"result":{"operation_id":1,"status":")") + status +
                 R"("},"status":"ok","time":0.1})"}
    );
    EXPECT_EQ(vectors->Upsert(kTenant, MakePoints(1)).error().kind(), ErrorKind::kTimeout);
  }
}

TEST_F(QdrantVectorsTest, TakesAnAnswerThatIsNotQdrantsForNone) {
  const auto vectors = Open();
  ASSERT_TRUE(vectors->Upsert(kTenant, MakePoints(1)));
  for (const char* body : {"", "<html>", "[]", "{}", R"({"result":{}})", R"({"result":[1]})"}) {
    const auto plan = [&] { stub_.AnswerNext({.status = 200, .headers = {}, .body = body}); };
    plan();
    EXPECT_EQ(vectors->Count(kTenant).error().kind(), ErrorKind::kUnavailable) << body;
    plan();
    EXPECT_EQ(vectors->PointsAfter(kTenant, "", 1).error().kind(), ErrorKind::kUnavailable);
    plan();
    EXPECT_EQ(vectors->Search(kTenant, Direction(1), {}).error().kind(), ErrorKind::kUnavailable);
    plan();
    EXPECT_EQ(vectors->EraseTenant(kTenant).error().kind(), ErrorKind::kUnavailable);
  }
}

TEST_F(QdrantVectorsTest, NeverShowsAHitThatIsAnotherTenants) {
  const auto vectors = Open();
  ASSERT_TRUE(vectors->Upsert(kTenant, MakePoints(1)));
  ASSERT_THAT(Found(*vectors, 1), ElementsAre("PAY-1"));
  stub_.AnswerNext(
      {.status = 200,
       .headers = {},
       .body = R"({"result":{"points":[{"id":"x","version":1,"score":1,)"
               R"("payload":{"tenant_id":"2","title":"theirs"}}]},"status":"ok"})"}
  );

  const auto leaked = vectors->Search(kTenant, Direction(1), {});

  ASSERT_FALSE(leaked);
  EXPECT_EQ(leaked.error().kind(), ErrorKind::kInternal);
}

TEST(QdrantVectors, ShowsItsKeyAndSaysWhenItIsRefused) {
  QdrantStub stub("right");
  const auto client = LocalClient();
  QdrantOptions options = OptionsFor(stub.url());
  options.api_key = "right";
  ASSERT_TRUE((*OpenQdrantVectors(options, *client))->Upsert(kTenant, MakePoints(1)));

  for (const char* key : {"", "wr0ng"}) {
    options.api_key = key;
    const auto refused = (*OpenQdrantVectors(options, *client))->Count(kTenant);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), ErrorKind::kUnauthorized);
    EXPECT_THAT(refused.error().message(), HasSubstr("qdrant_api_key"));
    EXPECT_THAT(refused.error().message(), testing::Not(HasSubstr("wr0ng")));
  }
}

TEST(QdrantVectors, ADeadServerCostsNothingOnceItsBreakerIsOpen) {
  std::string url;
  {
    const QdrantStub stub;
    url = stub.url();
  }
  const auto client = LocalClient();
  const auto vectors = std::move(*OpenQdrantVectors(OptionsFor(url), *client));
  for (int i = 0; i < 3; ++i) ASSERT_FALSE(vectors->Count(kTenant));

  const auto refused = vectors->Count(kTenant);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(refused.error().message(), HasSubstr("circuit open"));
}

TEST(QdrantVectors, RefusesASpaceItCannotHave) {
  const auto client = LocalClient();
  for (const int dimensions : {0, -1, 4097}) {
    QdrantOptions options = OptionsFor("http://127.0.0.1:1");
    options.dimensions = dimensions;
    EXPECT_EQ(OpenQdrantVectors(options, *client).error().kind(), ErrorKind::kInvalid);
  }
}

}  // namespace
}  // namespace pulse::vectors::qdrant
