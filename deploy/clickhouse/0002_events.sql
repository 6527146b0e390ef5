-- One row per postback as it stands, made of nothing but maxima and sets: rows may come in any order, twice, or in other
-- batches, and the result is the same. Where a text is to be the latest of its kind, rank and time stand before it, so that
-- the greatest text is the latest: 1 digit of rank, 13 digits of milliseconds. Texts and arrays merge some ten times faster
-- than tuples and maps. Read it with FINAL, and never a part of a column (`length`, `.size0`): with FINAL of 26.7 such a read
-- gives the part of an unmerged row. View events_now does both.

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
  state SimpleAggregateFunction(max, String) COMMENT 'rank of the stage, at, why|matched_by|platform; empty: only deliveries are known yet' CODEC(ZSTD(1)),
  campaign SimpleAggregateFunction(max, String) COMMENT 'rank of the stage, at, campaign_id' CODEC(ZSTD(1)),
  nearest SimpleAggregateFunction(max, String) COMMENT 'rank of the stage, at, nearest_click_id' CODEC(ZSTD(1)),
  deliveries SimpleAggregateFunction(groupUniqArrayArray, Array(String)) COMMENT 'All that happened: platform:destination_id, a tab, level of life (1), at (13), rank of the stage (1), why; the greatest of a destination is its state' CODEC(ZSTD(1)),
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
WITH concat(
  toString(toUInt8(CAST(
    multiIf(quarantined != '', 'quarantined', lane = 'deferred', 'deferred', 'received'),
    'Enum8(\'none\' = 0, \'received\' = 1, \'deferred\' = 2, \'held\' = 3, \'duplicate\' = 4, \'quarantined\' = 5, \'unmatched\' = 6, \'matched\' = 7)'
  ))),
  leftPad(toString(toUnixTimestamp64Milli(received_at)), 13, '0')
) AS place
SELECT
  workspace_id, received_at, postback_id, source_id, tracker, event, event_id, conversion_status, click_id, transaction_id,
  value, value_text, currency, event_time, test,
  concat(place, quarantined, '||') AS state,
  place AS campaign,
  place AS nearest,
  inserted_at AS changed_at
FROM postbacks;

CREATE MATERIALIZED VIEW IF NOT EXISTS stages_to_events TO events AS
WITH concat(toString(toUInt8(stage)), leftPad(toString(toUnixTimestamp64Milli(at)), 13, '0')) AS place
SELECT
  workspace_id, received_at, postback_id, source_id, tracker, event, event_id, conversion_status, click_id, transaction_id,
  value, value_text, currency, event_time, test,
  concat(place, why, '|', matched_by, '|', platform) AS state,
  concat(place, campaign_id) AS campaign,
  concat(place, nearest_click_id) AS nearest,
  inserted_at AS changed_at
FROM stages;

-- Levels of life: queued and suppressed, then everything that may still change by a retry or a resend (the latest counts),
-- then forwarded, then confirmed. What a platform once accepted stays accepted.
CREATE MATERIALIZED VIEW IF NOT EXISTS deliveries_to_events TO events AS
SELECT
  workspace_id, received_at, postback_id, test,
  [concat(
    platform, ':', destination_id, '\t',
    multiIf(stage = 'confirmed', '4', stage = 'forwarded', '3', stage IN ('suppressed', 'queued'), '1', '2'),
    leftPad(toString(toUnixTimestamp64Milli(at)), 13, '0'),
    toString(toUInt8(stage)),
    why
  )] AS deliveries,
  inserted_at AS changed_at
FROM deliveries;
