-- Behind the views below; not for readers.
CREATE OR REPLACE VIEW events_now AS
SELECT
  *,
  arrayMap(
    text -> CAST(
      (
        substring(text, 1, position(text, ':') - 1),
        substring(text, position(text, ':') + 1, position(text, '\t') - position(text, ':') - 1),
        toInt8(substring(text, position(text, '\t') + 15, 1)),
        fromUnixTimestamp64Milli(toInt64(substring(text, position(text, '\t') + 2, 13)), 'UTC'),
        substring(text, position(text, '\t') + 16)
      ),
      'Tuple(platform String, destination_id String, stage Enum8(\'none\' = 0, \'suppressed\' = 1, \'queued\' = 2, \'retrying\' = 3, \'blocked\' = 4, \'expired\' = 5, \'failed\' = 6, \'forwarded\' = 7, \'confirmed\' = 8), at DateTime64(3, \'UTC\'), why String)'
    ),
    last_of_each
  ) AS destinations,
  arrayFilter(d -> d.stage != 'suppressed', destinations) AS sent,
  multiIf(
    arrayExists(d -> d.stage IN ('forwarded', 'confirmed'), sent), 'forwarded',
    notEmpty(sent) AND arrayAll(d -> d.stage IN ('failed', 'expired'), sent), 'failed',
    stage
  ) AS status,
  multiIf(
    status = 'forwarded', '',
    status = 'failed', arraySort(d -> -toUnixTimestamp64Milli(d.at), sent)[1].why,
    stage_why
  ) AS why
FROM (
  SELECT
    workspace_id, received_at, postback_id, source_id, tracker, event, event_id, conversion_status, click_id, transaction_id,
    value, value_text, currency, event_time, test::Bool AS test, changed_at,
    CAST(
      toInt8(substring(state, 1, 1)),
      'Enum8(\'none\' = 0, \'received\' = 1, \'deferred\' = 2, \'held\' = 3, \'duplicate\' = 4, \'quarantined\' = 5, \'unmatched\' = 6, \'matched\' = 7)'
    )::String AS stage,
    splitByChar('|', substring(state, 15)) AS words,
    words[1] AS stage_why,
    words[2] AS matched_by,
    words[3] AS platform,
    substring(campaign, 15) AS campaign_id,
    substring(nearest, 15) AS nearest_click_id,
    -- The texts of a destination stand together, its greatest last. `materialize` keeps the optimizer from parts of columns.
    arraySort(materialize(deliveries)) AS texts,
    arrayFilter(
      (text, next) -> substring(text, 1, position(text, '\t')) != substring(next, 1, position(next, '\t')),
      texts, arrayShiftLeft(texts, 1)
    ) AS last_of_each
  FROM events FINAL
  WHERE state != ''
)
COMMENT 'Internal: events, merged';

CREATE OR REPLACE VIEW v_events (
  workspace_id String COMMENT 'Workspace that owns the postback',
  postback_id UUID COMMENT 'Our id of this request',
  event_id String COMMENT 'Id of the conversion, the same on every resend and at every platform',
  received_at DateTime64(3, 'UTC') COMMENT 'When the edge took it: the cohort time everywhere',
  event_time Nullable(DateTime64(3, 'UTC')) COMMENT 'When it happened by the clock of the sender; null: not sent',
  source_id String COMMENT 'Source whose key was used',
  tracker String COMMENT 'Tracker of the source',
  campaign_id String COMMENT 'Campaign of the click it met; empty: none',
  platform String COMMENT 'Ad platform of the click it met; empty: none',
  event String COMMENT 'Standard event or Custom_<name>; empty only in quarantine',
  conversion_status String COMMENT 'Word of the sender in our vocabulary; empty: not sent',
  click_id String COMMENT 'As it was sent; empty: not sent',
  transaction_id String COMMENT 'As it was sent; empty: not sent',
  value Nullable(Decimal(18, 6)) COMMENT 'In whole units of currency; null: not sent',
  currency String COMMENT 'ISO 4217; empty: not sent',
  status String COMMENT 'received, deferred, quarantined, duplicate, held, matched, unmatched, forwarded or failed',
  why String COMMENT 'Reason of the status from a closed list; empty: none',
  test Bool COMMENT 'A test event: shown, never counted',
  stage String COMMENT 'Decision of attribution alone: what the success rate counts',
  matched_by String COMMENT 'click_id, inline, transaction_id or user_data; empty: not matched',
  nearest_click_id String COMMENT 'A known click id that differs in spelling alone; empty: none'
) AS
SELECT
  workspace_id, postback_id, event_id, received_at, event_time, source_id, tracker, campaign_id, platform, event,
  conversion_status, click_id, transaction_id, value, currency, status, why, test, stage, matched_by, nearest_click_id
FROM events_now
COMMENT 'One row per postback as it stands';

CREATE OR REPLACE VIEW v_deliveries (
  workspace_id String COMMENT 'Workspace that owns the postback',
  postback_id UUID COMMENT 'Postback that became the conversion',
  event_id String COMMENT 'The id the platform gets',
  received_at DateTime64(3, 'UTC') COMMENT 'When the postback came: the cohort time',
  platform String COMMENT 'meta, google or tiktok',
  destination_id String COMMENT 'Destination of the workspace',
  status String COMMENT 'suppressed, queued, retrying, blocked, expired, failed, forwarded or confirmed',
  why String COMMENT 'Reason of the status; empty: none',
  at DateTime64(3, 'UTC') COMMENT 'Since when it stands so',
  accepted Bool COMMENT 'The platform accepted it at some time',
  source_id String COMMENT 'Source of the postback',
  tracker String COMMENT 'Tracker of the source',
  campaign_id String COMMENT 'Campaign of the click',
  event String COMMENT 'Event of the conversion',
  value Nullable(Decimal(18, 6)) COMMENT 'In whole units of currency; null: not sent',
  currency String COMMENT 'ISO 4217; empty: not sent',
  test Bool COMMENT 'A test event: shown, never counted'
) AS
SELECT
  workspace_id, postback_id, event_id, received_at, d.platform AS platform, d.destination_id AS destination_id,
  d.stage::String AS status, d.why AS why, d.at AS at, d.stage IN ('forwarded', 'confirmed') AS accepted,
  source_id, tracker, campaign_id, event, value, currency, test
FROM (
  SELECT
    workspace_id, postback_id, event_id, received_at, arrayJoin(destinations) AS d,
    source_id, tracker, campaign_id, event, value, currency, test
  FROM events_now
)
COMMENT 'One row per postback and destination as it stands';

CREATE OR REPLACE VIEW v_attempts (
  workspace_id String COMMENT 'Workspace that owns the postback',
  postback_id UUID COMMENT 'Postback that became the conversion',
  received_at DateTime64(3, 'UTC') COMMENT 'When the postback came: the cohort time',
  platform String COMMENT 'meta, google or tiktok',
  destination_id String COMMENT 'Destination of the workspace',
  n UInt16 COMMENT 'Number of the attempt, from 1',
  at DateTime64(3, 'UTC') COMMENT 'When its outcome was known',
  latency_ms UInt32 COMMENT 'How long the platform took',
  http_status UInt16 COMMENT '0: no answer came',
  verdict String COMMENT 'accepted, retry, throttled, refused, split or blocked',
  trace_id String COMMENT 'The name the platform gave the call; empty: none',
  request String COMMENT 'This event in the request, secrets masked, at most 8 kB',
  response String COMMENT 'The answer, secrets masked, at most 8 kB',
  test Bool COMMENT 'A test event: shown, never counted'
) AS
SELECT
  workspace_id, postback_id, received_at, platform, destination_id, n, at, latency_ms, http_status, verdict, trace_id, request, response, test
FROM attempts FINAL
COMMENT 'One row per call of a platform, for 90 days';

CREATE OR REPLACE VIEW v_clicks (
  workspace_id String COMMENT 'Workspace that owns the click',
  click_id String COMMENT 'One id of the click; a click has one row per id',
  ids Array(String) COMMENT 'All ids of the click',
  clicked_at DateTime64(3, 'UTC') COMMENT 'When the visitor clicked',
  received_at DateTime64(3, 'UTC') COMMENT 'When we learned of it',
  source_id String COMMENT 'Source whose key was used; empty: the API',
  platform String COMMENT 'meta, google or tiktok; empty: unknown',
  campaign_id String COMMENT 'Empty: not sent',
  adset_id String COMMENT 'Empty: not sent',
  ad_id String COMMENT 'Empty: not sent',
  utm Map(String, String) COMMENT 'utm parameters without their prefix',
  cost Nullable(Decimal(18, 6)) COMMENT 'In whole units of currency; null: not sent',
  currency String COMMENT 'ISO 4217; empty: not sent',
  test Bool COMMENT 'A test click'
) AS
SELECT workspace_id, click_id, ids, clicked_at, received_at, source_id, platform, campaign_id, adset_id, ad_id, utm, cost, currency, test
FROM clicks FINAL
COMMENT 'Ad clicks, one row per id; addresses, user agents and landing pages are left out';

CREATE OR REPLACE VIEW v_success_rate_hourly (
  workspace_id String COMMENT 'Workspace',
  hour DateTime('UTC') COMMENT 'Hour of received_at',
  tracker String COMMENT 'Tracker of the source',
  source_id String COMMENT 'Source',
  event String COMMENT 'Event; empty only in quarantine',
  received UInt64 COMMENT 'Postbacks of the hour, test events left out',
  matched UInt64 COMMENT 'Met their click',
  unmatched UInt64 COMMENT 'Will not meet it',
  held UInt64 COMMENT 'Wait for it',
  duplicate UInt64 COMMENT 'Repeats of another postback; not in the rate',
  quarantined UInt64 COMMENT 'Cannot be read as a conversion; not in the rate',
  success_rate Nullable(Float64) COMMENT 'matched / (matched + unmatched + held); null where that is 0 / 0'
) AS
SELECT
  workspace_id, toStartOfHour(received_at) AS hour, tracker, source_id, event,
  count() AS received,
  countIf(stage = 'matched') AS matched,
  countIf(stage = 'unmatched') AS unmatched,
  countIf(stage = 'held') AS held,
  countIf(stage = 'duplicate') AS duplicate,
  countIf(stage = 'quarantined') AS quarantined,
  if(matched + unmatched + held = 0, NULL, matched / (matched + unmatched + held)) AS success_rate
FROM events_now
WHERE NOT test
GROUP BY workspace_id, hour, tracker, source_id, event
COMMENT 'Success rate of each hour, the hour being that of receipt';
