-- One row per postback as it stands, made of nothing but maxima: rows may come in any order, twice, or in other batches, and
-- the result is the same. Read it with GROUP BY (as the view events_now does). FINAL with a part of the tuple `state` gives
-- the part of an unmerged row (seen with 26.7).

CREATE TABLE IF NOT EXISTS events (
  workspace_id LowCardinality(String),
  received_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  postback_id UUID,
  source_id SimpleAggregateFunction(max, LowCardinality(String)),
  tracker SimpleAggregateFunction(max, LowCardinality(String)),
  event SimpleAggregateFunction(max, LowCardinality(String)),
  event_id SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
  conversion_status SimpleAggregateFunction(max, LowCardinality(String)),
  click_id SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
  transaction_id SimpleAggregateFunction(max, String) CODEC(ZSTD(1)),
  value SimpleAggregateFunction(max, Nullable(Decimal(18, 6))),
  value_text SimpleAggregateFunction(max, String),
  currency SimpleAggregateFunction(max, LowCardinality(String)),
  event_time SimpleAggregateFunction(max, Nullable(DateTime64(3, 'UTC'))),
  test SimpleAggregateFunction(max, UInt8),
  state SimpleAggregateFunction(max, Tuple(
    stage Enum8('none' = 0, 'received' = 1, 'deferred' = 2, 'held' = 3, 'duplicate' = 4, 'quarantined' = 5, 'unmatched' = 6, 'matched' = 7),
    at DateTime64(3, 'UTC'),
    why String,
    matched_by String,
    campaign_id String,
    platform String,
    nearest_click_id String
  )) COMMENT 'The highest stage, the latest of its kind' CODEC(ZSTD(1)),
  deliveries SimpleAggregateFunction(maxMap, Map(String, String)) COMMENT 'platform:destination_id -> level of life (1), at in ms (13 digits), rank of the stage (1), why; the greatest text is the state' CODEC(ZSTD(1)),
  changed_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'When the last row about it was inserted' CODEC(Delta(8), ZSTD(1)),
  INDEX id postback_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX changed changed_at TYPE minmax GRANULARITY 1
) ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (workspace_id, received_at, postback_id)
TTL toDateTime(received_at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'One row per postback as it stands, once merged';

CREATE MATERIALIZED VIEW IF NOT EXISTS postbacks_to_events TO events AS
SELECT
  workspace_id, received_at, postback_id, source_id, tracker, event, event_id, conversion_status, click_id, transaction_id,
  value, value_text, currency, event_time, test,
  CAST(
    (multiIf(quarantined != '', 'quarantined', lane = 'deferred', 'deferred', 'received'), received_at, quarantined, '', '', '', ''),
    'Tuple(stage Enum8(\'none\' = 0, \'received\' = 1, \'deferred\' = 2, \'held\' = 3, \'duplicate\' = 4, \'quarantined\' = 5, \'unmatched\' = 6, \'matched\' = 7), at DateTime64(3, \'UTC\'), why String, matched_by String, campaign_id String, platform String, nearest_click_id String)'
  ) AS state,
  inserted_at AS changed_at
FROM postbacks;

CREATE MATERIALIZED VIEW IF NOT EXISTS stages_to_events TO events AS
SELECT
  workspace_id, received_at, postback_id, source_id, tracker, event, event_id, conversion_status, click_id, transaction_id,
  value, value_text, currency, event_time, test,
  CAST(
    (stage, at, why, matched_by, campaign_id, platform, nearest_click_id),
    'Tuple(stage Enum8(\'none\' = 0, \'received\' = 1, \'deferred\' = 2, \'held\' = 3, \'duplicate\' = 4, \'quarantined\' = 5, \'unmatched\' = 6, \'matched\' = 7), at DateTime64(3, \'UTC\'), why String, matched_by String, campaign_id String, platform String, nearest_click_id String)'
  ) AS state,
  inserted_at AS changed_at
FROM stages;

-- Levels of life: queued and suppressed, then everything that may still change by a retry or a resend (the latest counts),
-- then forwarded, then confirmed. What a platform once accepted stays accepted.
CREATE MATERIALIZED VIEW IF NOT EXISTS deliveries_to_events TO events AS
SELECT
  workspace_id, received_at, postback_id, test,
  map(
    concat(platform, ':', destination_id),
    concat(
      multiIf(stage = 'confirmed', '4', stage = 'forwarded', '3', stage IN ('suppressed', 'queued'), '1', '2'),
      leftPad(toString(toUnixTimestamp64Milli(at)), 13, '0'),
      toString(toUInt8(stage)),
      why
    )
  ) AS deliveries,
  inserted_at AS changed_at
FROM deliveries;
