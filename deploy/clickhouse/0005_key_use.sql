-- When each version of a source's key was first and last used, so that who rotates a key sees when every sender has switched.
-- Made of minima and maxima: a record that is inserted twice changes nothing.

CREATE TABLE IF NOT EXISTS key_use (
  workspace_id LowCardinality(String),
  source_id LowCardinality(String),
  key_version UInt32,
  first_at SimpleAggregateFunction(min, DateTime64(3, 'UTC')) COMMENT 'When a postback with this key came first',
  last_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'When one came last'
) ENGINE = AggregatingMergeTree
ORDER BY (workspace_id, source_id, key_version)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Use of the keys of sources: one row per version, after a merge or with FINAL';

CREATE MATERIALIZED VIEW IF NOT EXISTS postbacks_to_key_use TO key_use AS
SELECT workspace_id, source_id, key_version, min(received_at) AS first_at, max(received_at) AS last_at
FROM postbacks
GROUP BY workspace_id, source_id, key_version;

INSERT INTO key_use
SELECT workspace_id, source_id, key_version, min(received_at) AS first_at, max(received_at) AS last_at
FROM postbacks
GROUP BY workspace_id, source_id, key_version;
