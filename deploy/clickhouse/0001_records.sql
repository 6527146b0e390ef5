-- One row per record of the topics, as it was. Every table is keyed by what makes a record itself, so a record that is
-- inserted twice is one row again after a merge, and in every read with FINAL. An empty text means: there is none.

CREATE TABLE IF NOT EXISTS postbacks (
  workspace_id LowCardinality(String),
  received_at DateTime64(3, 'UTC') COMMENT 'When the edge took it; the cohort time of every stage' CODEC(Delta(8), ZSTD(1)),
  postback_id UUID,
  source_id LowCardinality(String),
  source_kind LowCardinality(String),
  tracker LowCardinality(String),
  lane LowCardinality(String),
  method LowCardinality(String),
  dialect LowCardinality(String),
  key_version UInt32,
  quarantined LowCardinality(String) COMMENT 'Why it cannot be read as a conversion',
  click_id_fault LowCardinality(String),
  event LowCardinality(String),
  event_id String CODEC(ZSTD(1)),
  conversion_status LowCardinality(String),
  click_id String CODEC(ZSTD(1)),
  transaction_id String CODEC(ZSTD(1)),
  value Nullable(Decimal(18, 6)),
  value_text String COMMENT 'The value with its digits as they were read',
  currency LowCardinality(String),
  event_time Nullable(DateTime64(3, 'UTC')),
  test Bool,
  reading String COMMENT 'JSON: the canonical conversion, user data hashed' CODEC(ZSTD(3)),
  unread String COMMENT 'JSON: parameters that no dialect reads' CODEC(ZSTD(3)),
  problems String COMMENT 'JSON: what was wrong, with the remedy' CODEC(ZSTD(3)),
  raw String COMMENT 'JSON: parameters as they came, user data hashed; kept 90 days' CODEC(ZSTD(3)) TTL toDateTime(received_at) + INTERVAL 90 DAY,
  kafka_partition UInt16,
  kafka_offset UInt64 CODEC(Delta(8), ZSTD(1)),
  inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta(8), ZSTD(1))
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (workspace_id, received_at, postback_id)
TTL toDateTime(received_at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What the edge received and how it was read: one row per postback';

-- Ranks are those of src/events/stages.ts; a test compares them.
CREATE TABLE IF NOT EXISTS stages (
  workspace_id LowCardinality(String),
  received_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  postback_id UUID,
  stage Enum8('none' = 0, 'received' = 1, 'deferred' = 2, 'held' = 3, 'duplicate' = 4, 'quarantined' = 5, 'unmatched' = 6, 'matched' = 7),
  at DateTime64(3, 'UTC') COMMENT 'When it was decided' CODEC(Delta(8), ZSTD(1)),
  why LowCardinality(String),
  matched_by LowCardinality(String),
  nearest_click_id String CODEC(ZSTD(1)),
  campaign_id String CODEC(ZSTD(1)),
  platform LowCardinality(String),
  source_id LowCardinality(String),
  tracker LowCardinality(String),
  event LowCardinality(String),
  event_id String CODEC(ZSTD(1)),
  conversion_status LowCardinality(String),
  click_id String CODEC(ZSTD(1)),
  transaction_id String CODEC(ZSTD(1)),
  value Nullable(Decimal(18, 6)),
  value_text String,
  currency LowCardinality(String),
  event_time Nullable(DateTime64(3, 'UTC')),
  test Bool,
  click String COMMENT 'JSON: the click it met; kept 90 days' CODEC(ZSTD(3)) TTL toDateTime(received_at) + INTERVAL 90 DAY,
  kafka_partition UInt16,
  kafka_offset UInt64 CODEC(Delta(8), ZSTD(1)),
  inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta(8), ZSTD(1))
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (workspace_id, received_at, postback_id, stage, at)
TTL toDateTime(received_at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What attribution decided: one row per decision';

CREATE TABLE IF NOT EXISTS deliveries (
  workspace_id LowCardinality(String),
  received_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  postback_id UUID,
  platform LowCardinality(String),
  destination_id LowCardinality(String),
  stage Enum8('none' = 0, 'suppressed' = 1, 'queued' = 2, 'retrying' = 3, 'blocked' = 4, 'expired' = 5, 'failed' = 6, 'forwarded' = 7, 'confirmed' = 8),
  at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  why LowCardinality(String),
  test Bool,
  kafka_partition UInt16,
  kafka_offset UInt64 CODEC(Delta(8), ZSTD(1)),
  inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta(8), ZSTD(1))
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (workspace_id, received_at, postback_id, platform, destination_id, stage, at)
TTL toDateTime(received_at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Where a conversion went: one row per destination and change of its delivery';

CREATE TABLE IF NOT EXISTS attempts (
  workspace_id LowCardinality(String),
  received_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  postback_id UUID,
  platform LowCardinality(String),
  destination_id LowCardinality(String),
  n UInt16 COMMENT '1 is the first',
  at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  latency_ms UInt32 CODEC(T64, ZSTD(1)),
  http_status UInt16 COMMENT '0: no answer came',
  verdict LowCardinality(String),
  trace_id String CODEC(ZSTD(1)),
  request String COMMENT 'This event in the request, secrets masked' CODEC(ZSTD(3)),
  response String CODEC(ZSTD(3)),
  test Bool,
  kafka_partition UInt16,
  kafka_offset UInt64 CODEC(Delta(8), ZSTD(1)),
  inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta(8), ZSTD(1))
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (workspace_id, received_at, postback_id, platform, destination_id, n, at)
TTL toDateTime(received_at) + INTERVAL 90 DAY
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Calls of the ad platforms, kept 90 days';

-- Spellings of one click id lie side by side: the key begins with the folded id.
CREATE TABLE IF NOT EXISTS clicks (
  workspace_id LowCardinality(String),
  folded_id String COMMENT 'click_id trimmed, ASCII lower case' CODEC(ZSTD(1)),
  click_id String CODEC(ZSTD(1)),
  ids Array(String) CODEC(ZSTD(1)),
  clicked_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  received_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  source_id LowCardinality(String),
  platform LowCardinality(String),
  campaign_id String CODEC(ZSTD(1)),
  adset_id String CODEC(ZSTD(1)),
  ad_id String CODEC(ZSTD(1)),
  utm Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  cost Nullable(Decimal(18, 6)),
  currency LowCardinality(String),
  test Bool,
  record String COMMENT 'JSON: the whole click; kept 90 days' CODEC(ZSTD(3)) TTL toDateTime(received_at) + INTERVAL 90 DAY,
  kafka_partition UInt16,
  kafka_offset UInt64 CODEC(Delta(8), ZSTD(1)),
  inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta(8), ZSTD(1)),
  INDEX clicked clicked_at TYPE minmax GRANULARITY 4
) ENGINE = ReplacingMergeTree(received_at)
PARTITION BY toYYYYMM(received_at)
ORDER BY (workspace_id, folded_id, click_id)
TTL toDateTime(received_at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Ad clicks: one row per id of a click';

-- The last write of a partition's writer counts, also where it is lower: reading again is harmless, skipping is not.
CREATE TABLE IF NOT EXISTS sink_offsets (
  topic LowCardinality(String),
  partition UInt32,
  next_offset UInt64,
  written_at DateTime64(6, 'UTC') DEFAULT now64(6)
) ENGINE = ReplacingMergeTree(written_at)
ORDER BY (topic, partition)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Everything before next_offset is in the tables above';
