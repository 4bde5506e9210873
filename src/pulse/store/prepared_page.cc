#include "pulse/store/prepared_page.h"

#include "pulse/base/hash.h"
#include "pulse/store/compression.h"

namespace pulse::store {

std::vector<PreparedPage> PreparePages(const std::vector<NewRawPage>& pages) {
  std::vector<PreparedPage> prepared;
  prepared.reserve(pages.size());
  Hasher hasher;
  for (const NewRawPage& page : pages) {
    hasher.Add(page.entity_type);
    hasher.Add(page.request);
    prepared.push_back({
        .body = Compress(page.body),
        .content_hash = ContentFingerprint(page.body),
        .request_hash = hasher.Finish(),
    });
  }
  return prepared;
}

}  // namespace pulse::store
