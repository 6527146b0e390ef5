-- sub1 to sub20 of a postback; and postbacks whose words had no meaning when they came (`status_unmapped`, `no_event`) and were
-- read again once their source had one for them. Such a postback begins below everything else: rank 0 in the texts of `events`,
-- and its ids and words apart from those of a conversion, so that what it became stands over what it was, in any order.

ALTER TABLE postbacks
  ADD COLUMN IF NOT EXISTS subs Map(LowCardinality(String), String) COMMENT 'sub1 to sub20, those that were sent' CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS read_again_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When a changed status map gave its words a meaning; null: as the edge read it';

ALTER TABLE events
  ADD COLUMN IF NOT EXISTS subs SimpleAggregateFunction(groupUniqArrayArray, Array(String)) COMMENT 'name, a tab, value' CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS unmapped SimpleAggregateFunction(max, String) COMMENT 'conversion_status|event_id while its words have no meaning' CODEC(ZSTD(1));

ALTER TABLE postbacks_to_events MODIFY QUERY
WITH
  quarantined IN ('status_unmapped', 'no_event') AS is_unmapped,
  concat(
    if(is_unmapped, '0', toString(toUInt8(CAST(
      multiIf(quarantined != '', 'quarantined', lane = 'deferred', 'deferred', 'received'),
      'Enum8(\'none\' = 0, \'received\' = 1, \'deferred\' = 2, \'held\' = 3, \'duplicate\' = 4, \'quarantined\' = 5, \'unmatched\' = 6, \'matched\' = 7)'
    )))),
    leftPad(toString(toUnixTimestamp64Milli(received_at)), 13, '0')
  ) AS place
SELECT
  p.workspace_id AS workspace_id, p.received_at AS received_at, p.postback_id AS postback_id, p.source_id AS source_id,
  p.tracker AS tracker, p.event AS event,
  if(is_unmapped, '', p.event_id) AS event_id,
  if(is_unmapped, '', toString(p.conversion_status)) AS conversion_status,
  p.click_id AS click_id, p.transaction_id AS transaction_id, p.value AS value, p.value_text AS value_text, p.currency AS currency,
  p.event_time AS event_time, p.test AS test,
  if(is_unmapped, concat(p.conversion_status, '|', p.event_id), '') AS unmapped,
  concat(place, p.quarantined, '||') AS state,
  place AS campaign,
  place AS nearest,
  arrayMap((name, value) -> concat(name, '\t', value), mapKeys(p.subs), mapValues(p.subs)) AS subs,
  p.inserted_at AS changed_at
FROM postbacks AS p;

ALTER TABLE stages_to_events MODIFY QUERY
WITH
  s.stage = 'quarantined' AND s.why IN ('status_unmapped', 'no_event') AS is_unmapped,
  concat(if(is_unmapped, '0', toString(toUInt8(s.stage))), leftPad(toString(toUnixTimestamp64Milli(s.at)), 13, '0')) AS place
SELECT
  s.workspace_id AS workspace_id, s.received_at AS received_at, s.postback_id AS postback_id, s.source_id AS source_id,
  s.tracker AS tracker, s.event AS event,
  if(is_unmapped, '', s.event_id) AS event_id,
  if(is_unmapped, '', toString(s.conversion_status)) AS conversion_status,
  s.click_id AS click_id, s.transaction_id AS transaction_id, s.value AS value, s.value_text AS value_text, s.currency AS currency,
  s.event_time AS event_time, s.test AS test,
  if(is_unmapped, concat(s.conversion_status, '|', s.event_id), '') AS unmapped,
  concat(place, s.why, '|', s.matched_by, '|', s.platform) AS state,
  concat(place, s.campaign_id) AS campaign,
  concat(place, s.nearest_click_id) AS nearest,
  s.inserted_at AS changed_at
FROM stages AS s;

-- Behind the views; not for readers.
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
    workspace_id, received_at, postback_id, source_id, tracker, event, click_id, transaction_id,
    value, value_text, currency, event_time, test::Bool AS test, changed_at,
    if(e.event_id = '', substring(e.unmapped, position(e.unmapped, '|') + 1), e.event_id) AS event_id,
    if(e.event_id = '', substring(e.unmapped, 1, position(e.unmapped, '|') - 1), e.conversion_status) AS conversion_status,
    materialize(e.subs) AS subs,
    if(startsWith(state, '0'), 'quarantined', CAST(
      toInt8(substring(state, 1, 1)),
      'Enum8(\'none\' = 0, \'received\' = 1, \'deferred\' = 2, \'held\' = 3, \'duplicate\' = 4, \'quarantined\' = 5, \'unmatched\' = 6, \'matched\' = 7)'
    )::String) AS stage,
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
  FROM events AS e FINAL
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
  nearest_click_id String COMMENT 'A known click id that differs in spelling alone; empty: none',
  sub1 String COMMENT 'As it was sent; empty: not sent',
  sub2 String COMMENT 'As it was sent; empty: not sent',
  sub3 String COMMENT 'As it was sent; empty: not sent',
  sub4 String COMMENT 'As it was sent; empty: not sent',
  sub5 String COMMENT 'As it was sent; empty: not sent',
  sub6 String COMMENT 'As it was sent; empty: not sent',
  sub7 String COMMENT 'As it was sent; empty: not sent',
  sub8 String COMMENT 'As it was sent; empty: not sent',
  sub9 String COMMENT 'As it was sent; empty: not sent',
  sub10 String COMMENT 'As it was sent; empty: not sent',
  sub11 String COMMENT 'As it was sent; empty: not sent',
  sub12 String COMMENT 'As it was sent; empty: not sent',
  sub13 String COMMENT 'As it was sent; empty: not sent',
  sub14 String COMMENT 'As it was sent; empty: not sent',
  sub15 String COMMENT 'As it was sent; empty: not sent',
  sub16 String COMMENT 'As it was sent; empty: not sent',
  sub17 String COMMENT 'As it was sent; empty: not sent',
  sub18 String COMMENT 'As it was sent; empty: not sent',
  sub19 String COMMENT 'As it was sent; empty: not sent',
  sub20 String COMMENT 'As it was sent; empty: not sent'
) AS
SELECT
  workspace_id, postback_id, event_id, received_at, event_time, source_id, tracker, campaign_id, platform, event,
  conversion_status, click_id, transaction_id, value, currency, status, why, test, stage, matched_by, nearest_click_id,
  substring(arrayFirst(text -> startsWith(text, 'sub1\t'), subs), 6) AS sub1,
  substring(arrayFirst(text -> startsWith(text, 'sub2\t'), subs), 6) AS sub2,
  substring(arrayFirst(text -> startsWith(text, 'sub3\t'), subs), 6) AS sub3,
  substring(arrayFirst(text -> startsWith(text, 'sub4\t'), subs), 6) AS sub4,
  substring(arrayFirst(text -> startsWith(text, 'sub5\t'), subs), 6) AS sub5,
  substring(arrayFirst(text -> startsWith(text, 'sub6\t'), subs), 6) AS sub6,
  substring(arrayFirst(text -> startsWith(text, 'sub7\t'), subs), 6) AS sub7,
  substring(arrayFirst(text -> startsWith(text, 'sub8\t'), subs), 6) AS sub8,
  substring(arrayFirst(text -> startsWith(text, 'sub9\t'), subs), 6) AS sub9,
  substring(arrayFirst(text -> startsWith(text, 'sub10\t'), subs), 7) AS sub10,
  substring(arrayFirst(text -> startsWith(text, 'sub11\t'), subs), 7) AS sub11,
  substring(arrayFirst(text -> startsWith(text, 'sub12\t'), subs), 7) AS sub12,
  substring(arrayFirst(text -> startsWith(text, 'sub13\t'), subs), 7) AS sub13,
  substring(arrayFirst(text -> startsWith(text, 'sub14\t'), subs), 7) AS sub14,
  substring(arrayFirst(text -> startsWith(text, 'sub15\t'), subs), 7) AS sub15,
  substring(arrayFirst(text -> startsWith(text, 'sub16\t'), subs), 7) AS sub16,
  substring(arrayFirst(text -> startsWith(text, 'sub17\t'), subs), 7) AS sub17,
  substring(arrayFirst(text -> startsWith(text, 'sub18\t'), subs), 7) AS sub18,
  substring(arrayFirst(text -> startsWith(text, 'sub19\t'), subs), 7) AS sub19,
  substring(arrayFirst(text -> startsWith(text, 'sub20\t'), subs), 7) AS sub20
FROM events_now
COMMENT 'One row per postback as it stands';
