#include <array>

#include "pulse/config/settings.h"

namespace pulse::config {
namespace {

constexpr std::int64_t kSecondMs = 1000;
constexpr std::int64_t kMinuteMs = 60 * kSecondMs;

// Field by field and not by position: a row is read more often than written.
constexpr std::array kRows = {
    Row{
        .name = "home",
        .type = "path",
        .unit = {},
        .default_text = "{state}/pulse",
        .bounds = "a directory",
        .example = "/var/lib/pulse",
        .env = "PULSE_HOME",
        .doc =
            "Where this installation keeps what is its own: the embedded database, the vectors and "
            "`secret.key`, without which stored credentials cannot be opened. `{state}` is "
            "`$XDG_STATE_HOME`, else `~/.local/state`. Put it on a local disk.",
        .field = &Settings::home,
    },
    Row{
        .name = "database_url",
        .type = "url",
        .unit = {},
        .default_text = "sqlite:///{home}/pulse.db",
        .bounds = "sqlite:///PATH or postgresql://…",
        .example = "postgresql://pulse@db.internal/pulse",
        .env = "DATABASE_URL",
        .doc = "The database that holds the ledger, the raw pages and the tables. The embedded one "
               "serves one pipeline process at a time; more than that needs PostgreSQL.",
        .field = &Settings::database_url,
        .choices = "sqlite:///|postgresql://|postgres://",
    },
    Row{
        .name = "queue_url",
        .type = "url",
        .unit = {},
        .default_text = "ledger",
        .bounds = "ledger, amqp://… or amqps://…",
        .example = "amqp://pulse@mq.internal/pulse",
        .env = "QUEUE_URL",
        .doc = "Who rings the workers. `ledger` needs no server. A broker adds a hop and something "
               "to operate, and lets other programs publish to `etl.extract`.",
        .field = &Settings::queue_url,
        .choices = "ledger|amqp://|amqps://",
    },
    Row{
        .name = "redis_url",
        .type = "url",
        .unit = {},
        .default_text = {},
        .bounds = "redis://… (no TLS: tunnel it), or empty",
        .example = "redis://cache.internal:6379/0",
        .env = "REDIS_URL",
        .doc =
            "A cache that several processes share: call budgets, pauses and breakers of sources. "
            "Empty, or away: each process has its own, and together they may ask for more than "
            "one budget.",
        .field = &Settings::redis_url,
        .choices = "redis://",
    },
    Row{
        .name = "qdrant_url",
        .type = "url",
        .unit = {},
        .default_text = {},
        .bounds = "http://… or https://…, or empty",
        .example = "http://qdrant.internal:6333",
        .env = "QDRANT_URL",
        .doc = "Where vectors live. Empty: in `home`, which one process can use and which suffices "
               "for some ten thousand rows per tenant.",
        .field = &Settings::qdrant_url,
        .choices = "http://|https://",
    },
    Row{
        .name = "qdrant_api_key",
        .type = "text",
        .unit = {},
        .default_text = {},
        .bounds = "an api key, or empty",
        .example = "$(cat /run/secrets/qdrant)",
        .env = "QDRANT_API_KEY",
        .secret = true,
        .doc =
            "The key to show `qdrant_url`; it has to be one that may write. Empty: none. Whoever "
            "reads it can read every tenant's titles.",
        .field = &Settings::qdrant_api_key,
    },
    Row{
        .name = "embeddings_url",
        .type = "url",
        .unit = {},
        .default_text = {},
        .bounds = "http://… or https://…, or empty",
        .example = "http://embed.internal:8080/v1",
        .env = "EMBEDDINGS_URL",
        .doc =
            "An OpenAI-compatible embeddings endpoint. Empty: the built-in embedder, which knows "
            "words and not meanings, costs nothing and sends nothing anywhere. With a URL the "
            "texts of issues and pull requests leave this machine.",
        .field = &Settings::embeddings_url,
        .choices = "http://|https://",
    },
    Row{
        .name = "embeddings_model",
        .type = "text",
        .unit = {},
        .default_text = {},
        .bounds = "a name the endpoint knows, or empty",
        .example = "bge-small-en-v1.5",
        .env = "EMBEDDINGS_MODEL",
        .doc = "The model to ask `embeddings_url` for. Another model means other vectors: all rows "
               "are embedded again.",
        .field = &Settings::embeddings_model,
    },
    Row{
        .name = "embeddings_api_key",
        .type = "text",
        .unit = {},
        .default_text = {},
        .bounds = "a bearer token, or empty",
        .example = "$(cat /run/secrets/embeddings)",
        .env = "EMBEDDINGS_API_KEY",
        .secret = true,
        .doc = "The bearer token to show `embeddings_url`. Empty: none. Whoever reads it can spend "
               "its owner's money.",
        .field = &Settings::embeddings_api_key,
    },
    Row{
        .name = "allow_private_sources",
        .type = "switch",
        .unit = {},
        .default_text = "off",
        .bounds = "on or off",
        .example = "on",
        .env = "PULSE_ALLOW_PRIVATE_SOURCES",
        .doc =
            "Lets integrations point at loopback and private addresses, over plain http too. Off "
            "protects the network around this process from tenants who choose URLs; turn it on "
            "only where every tenant is trusted, or for the simulators.",
        .field = &Settings::allow_private_sources,
    },
    Row{
        .name = "vectors",
        .type = "switch",
        .unit = {},
        .default_text = "on",
        .bounds = "on or off",
        .example = "off",
        .env = "PULSE_VECTORS",
        .doc = "Whether changed rows are embedded for search. On costs a fourth stage and, with "
               "`embeddings_url`, money.",
        .field = &Settings::vectors,
    },
    Row{
        .name = "fused",
        .type = "switch",
        .unit = {},
        .default_text = "on",
        .bounds = "on or off",
        .example = "off",
        .env = "PULSE_FUSED",
        .doc = "Whether a worker loads what it has just transformed in the same transaction. Off "
               "writes every row twice, and lets the two stages run on different machines.",
        .field = &Settings::fused,
    },
    Row{
        .name = "concurrency",
        .type = "count",
        .unit = "workers per stage",
        .default_text = "4",
        .bounds = "1..256",
        .example = "8",
        .env = "PULSE_CONCURRENCY",
        .doc =
            "Workers that fetch at the same time. Each costs a thread, a database connection and "
            "up to two pages of memory; the sources' rate limits usually bind first.",
        .field = &Settings::concurrency,
        .min = 1,
        .max = 256,
    },
    Row{
        .name = "stages",
        .type = "text",
        .unit = {},
        .default_text = "extract,transform,load,vectorize",
        .bounds = "names of stages, comma-separated",
        .example = "extract,transform",
        .env = "PULSE_STAGES",
        .doc =
            "The stages this process works on. Some process must run each of them, or its steps "
            "wait for ever. With `fused` a process that transforms also loads. Every process may "
            "lead, whatever its stages. Several processes need a server database.",
        .field = &Settings::stages,
    },
    Row{
        .name = "extract_concurrency_per_integration",
        .type = "count",
        .unit = "requests",
        .default_text = "4",
        .bounds = "1..64",
        .example = "2",
        .env = "PULSE_EXTRACT_CONCURRENCY_PER_INTEGRATION",
        .doc =
            "Requests in flight to one source. More finishes a first sync earlier until the "
            "source answers 429; then it only costs waiting, and annoys whoever shares the token.",
        .field = &Settings::extract_concurrency_per_integration,
        .min = 1,
        .max = 64,
    },
    Row{
        .name = "claim_batch",
        .type = "count",
        .unit = "steps",
        .default_text = "4",
        .bounds = "1..256",
        .example = "16",
        .env = "PULSE_CLAIM_BATCH",
        .doc = "Ready steps of one job that a worker takes at once; they share a transaction. More "
               "means fewer commits, more memory, and more work to repeat after a crash.",
        .field = &Settings::claim_batch,
        .min = 1,
        .max = 256,
    },
    Row{
        .name = "vectorize_batch",
        .type = "count",
        .unit = "rows",
        .default_text = "128",
        .bounds = "1..1024",
        .example = "64",
        .env = "PULSE_VECTORIZE_BATCH",
        .doc =
            "Rows embedded in one request. More is quicker until the endpoint refuses the size or "
            "times out; then the whole batch is repeated.",
        .field = &Settings::vectorize_batch,
        .min = 1,
        .max = 1024,
    },
    Row{
        .name = "backend_listen",
        .type = "address",
        .unit = {},
        .default_text = "127.0.0.1:3001",
        .bounds = "HOST:PORT, an IP address; port 0: any free one",
        .example = "0.0.0.0:3001",
        .env = "PULSE_BACKEND_LISTEN",
        .doc = "Where the API and the console listen. Beyond loopback, put TLS in front.",
        .field = &Settings::backend_listen,
    },
    Row{
        .name = "etl_listen",
        .type = "address",
        .unit = {},
        .default_text = "127.0.0.1:8000",
        .bounds = "HOST:PORT, an IP address; port 0: any free one",
        .example = "0.0.0.0:8000",
        .env = "PULSE_ETL_LISTEN",
        .doc = "Where the ETL service answers probes and scrapes.",
        .field = &Settings::etl_listen,
    },
    Row{
        .name = "metrics_token",
        .type = "text",
        .unit = {},
        .default_text = {},
        .bounds = "at least 16 characters, or empty",
        .example = "$(openssl rand -hex 24)",
        .env = "PULSE_METRICS_TOKEN",
        .secret = true,
        .doc =
            "Bearer token that lets others than loopback read `/metrics`. Empty: nobody else can.",
        .field = &Settings::metrics_token,
        .min = 16,
    },
    Row{
        .name = "tenant_label_cap",
        .type = "count",
        .unit = "tenants",
        .default_text = "100",
        .bounds = "0..10000",
        .example = "20",
        .env = "PULSE_TENANT_LABEL_CAP",
        .doc =
            "Tenants that get their own `tenant_id` label; further ones share `other`. Each costs "
            "about forty series in Prometheus.",
        .field = &Settings::tenant_label_cap,
        .min = 0,
        .max = 10000,
    },
    Row{
        .name = "log_level",
        .type = "level",
        .unit = {},
        .default_text = "info",
        .bounds = "debug, info, warn or error",
        .example = "debug",
        .env = "PULSE_LOG_LEVEL",
        .doc = "What is worth a line. `debug` writes one per step.",
        .field = &Settings::log_level,
        .choices = "debug|info|warn|error",
    },
    Row{
        .name = "log_file",
        .type = "path",
        .unit = {},
        .default_text = {},
        .bounds = "a file, or empty",
        .example = "/var/log/pulse.jsonl",
        .env = "PULSE_LOG_FILE",
        .doc = "Where lines go. Empty: stderr.",
        .field = &Settings::log_file,
    },
    Row{
        .name = "ca_file",
        .type = "path",
        .unit = {},
        .default_text = {},
        .bounds = "a PEM file, or empty",
        .example = "/etc/ssl/company-ca.pem",
        .env = "PULSE_CA_FILE",
        .doc = "Certificate authorities to trust besides the system's, for sources in your own "
               "network. Certificates are always verified; there is no switch for that.",
        .field = &Settings::ca_file,
    },
    Row{
        .name = "http_timeout",
        .type = "duration",
        .unit = {},
        .default_text = "30s",
        .bounds = "1s..10m",
        .example = "60s",
        .env = "PULSE_HTTP_TIMEOUT",
        .doc = "How long one request to a source may take as a whole. More suits slow servers, and "
               "keeps a worker busy for longer with one that has died.",
        .field = &Settings::http_timeout,
        .min = kSecondMs,
        .max = 10 * kMinuteMs,
    },
};

}  // namespace

std::span<const Row> Rows() { return kRows; }

bool MayComeFromFile(const Row& row) { return row.secret || row.type == "url"; }

std::string FlagOf(const Row& row) {
  std::string flag = "--";
  for (const char c : row.name) flag.push_back(c == '_' ? '-' : c);
  return flag;
}

std::string_view Name(Origin origin) noexcept {
  constexpr std::array<std::string_view, 4> kNames{"default", "file", "environment", "flag"};
  return kNames[static_cast<std::size_t>(origin)];
}

}  // namespace pulse::config
