import { type CorpusEntry, called, template } from './entry.ts'

const BEMOB = 'https://docs.bemob.com/en'
const BEMOB_HELP = 'https://help.bemob.com/docs'
const CLICKFLARE = 'https://help.clickflare.io/en'
const KINTURA = 'https://kintura.com/docs/presets/pairings'
const ALTERCPA = 'https://docs.altercpa.top/en/trackers/binom/'
const ORBITRA = 'https://github.com/fenjo26/Orbitra.link/wiki/Postbacks-and-conversions'
const XTRACKER = 'https://blog.xtracker.cc/blog/s2s-postback-macros'

/** What trackers tell a network to call, network by network. */
export const fromTrackers: readonly CorpusEntry[] = [
  template(`${BEMOB}/adsterra-settings`, 'cid=##S2S##&payout=##PAYOUT##&txid=OPTIONAL&status=OPTIONAL', {
    click_id: 'cid',
    value: 'payout',
  }),
  template(`${BEMOB}/monetizer-settings`, 'cid={clickID}&payout={amount}&txid={transactionID}&status=OPTIONAL', {
    click_id: 'cid',
    value: 'payout',
    transaction_id: 'txid',
  }),
  template(`${BEMOB}/mylead-settings`, 'cid=[ml_sub1]&payout=[payout_decimal]&txid=[transaction_id]&status=[status]', {
    click_id: 'cid',
    value: 'payout',
    transaction_id: 'txid',
    status: 'status',
  }),
  template(`${BEMOB}/leadbit-settings`, 'cid={sub1}&payout={cost}&txid={id}&status={status}', {
    click_id: 'cid',
    value: 'payout',
    transaction_id: 'txid',
    status: 'status',
  }),
  template(`${BEMOB}/lemonad-settings`, 'cid={clickid}&payout={payout}&txid=OPTIONAL&status={status}', {
    click_id: 'cid',
    value: 'payout',
    status: 'status',
  }),
  template(`${BEMOB}/buygoods-settings`, 'cid={SUBID}&payout={COMMISSION_AMOUNT}&txid={ORDERID}&status=OPTIONAL', {
    click_id: 'cid',
    value: 'payout',
    transaction_id: 'txid',
  }),
  template(`${BEMOB}/offerrum-settings`, 'cid={subid1}&payout={summ_approved}&txid={lead_id}&status={status}', {
    click_id: 'cid',
    value: 'payout',
    transaction_id: 'txid',
    status: 'status',
  }),
  template(`${BEMOB}/everad-settings`, 'cid={sid1}&payout={payout}&txid=OPTIONAL&status={status}', {
    click_id: 'cid',
    value: 'payout',
    status: 'status',
  }),
  template(`${BEMOB}/mondiad`, 'uid=REPLACE&clickid={externalId}&payout={payout}', { click_id: 'clickid', value: 'payout' }),
  template(`${BEMOB_HELP}/creating-affiliate-network-manually`, 'cid=REPLACE&payout=OPTIONAL&txid=OPTIONAL&status=OPTIONAL', {
    click_id: 'cid',
    value: 'payout',
    transaction_id: 'txid',
    status: 'status',
  }),
  template(`${BEMOB_HELP}/using-postback-statuses`, 'cid={clickid}&payout={payout}&status={status}', {
    click_id: 'cid',
    value: 'payout',
    status: 'status',
  }),
  ...['lead', 'hold', 'reject'].map((status) =>
    template(
      `${BEMOB_HELP}/using-postback-statuses`,
      `cid={clickid}&payout={payout}&status=${status}`,
      { click_id: 'cid', value: 'payout', status: 'status' },
      ['status'],
    ),
  ),
  template('https://wordpress.org/support/?p=15061357', 'cid=REPLACE&payout=OPTIONAL&txid=OPTIONAL', {
    click_id: 'cid',
    value: 'payout',
    transaction_id: 'txid',
  }),
  template('https://wordpress.org/support/?p=15061357', 'cid={aff_sub2}&payout={payout}&txid={order_id}', {
    click_id: 'cid',
    value: 'payout',
    transaction_id: 'txid',
  }),
  template(`${KINTURA}/rich-push.co/clickpromise`, 'cid=[=SID=]&payout=[=AffiliateCommission=]&txid=[=_TransID=]', {
    click_id: 'cid',
    value: 'payout',
    transaction_id: 'txid',
  }),
  template(`${KINTURA}/advertizer/trafficcompany`, 'cid={click_id}&txid={unique_id}&payout={reward}', {
    click_id: 'cid',
    transaction_id: 'txid',
    value: 'payout',
  }),
  template(`${KINTURA}/advertizer/trafficcompany`, 'clickid={externalid}&amount={payout}&advertiser_id=REPLACE', {
    click_id: 'clickid',
    value: 'amount',
  }),
  template(`${KINTURA}/pinterest/adsup`, 'cid={aff_click_id}&txid={transaction_id}&payout={payout}', {
    click_id: 'cid',
    transaction_id: 'txid',
    value: 'payout',
  }),
  template(`${KINTURA}/clickadu/clickbooth`, 'cid={subid2}&payout={payout}&txid={transid}', {
    click_id: 'cid',
    value: 'payout',
    transaction_id: 'txid',
  }),
  template(`${KINTURA}/clickadu/linktrust`, 'visitor_id={externalid}', { click_id: 'visitor_id' }),
  template(`${CLICKFLARE}/settings/s2s-postback-ur-ls`, 'cid={aff_sub}&payout={amount}', { click_id: 'cid', value: 'payout' }),
  template(`${CLICKFLARE}/settings/s2s-postback-ur-ls`, 'cid={aff_sub}&payout={amount}&txid={transactionid}', {
    click_id: 'cid',
    value: 'payout',
    transaction_id: 'txid',
  }),
  template(`${CLICKFLARE}/getting-started-with-click-flare/how-conversion-tracking-works`, 'click_id=%23s2%23', { click_id: 'click_id' }),
  template(`${CLICKFLARE}/tracking/click-flare-parameters-in-postback-urls`, 'click_id={affiliate_network_clickid_token}', {
    click_id: 'click_id',
  }),
  template(`${CLICKFLARE}/tracking/click-flare-parameters-in-postback-urls`, 'click_id={clickid}&payout={payout_token}', {
    click_id: 'click_id',
    value: 'payout',
  }),
  template(
    'https://docs.tagada.io/developer-tools/tracking/clickflare',
    'click_id={click_id}&ct=sale',
    { click_id: 'click_id', event: 'ct' },
    ['ct'],
  ),
  template(
    'https://docs.tagada.io/developer-tools/tracking/binom.md',
    'cnv_id={clickId}&payout={payout}&cnv_status={conversionType}&cnv_currency={currency}',
    {
      click_id: 'cnv_id',
      value: 'payout',
      status: 'cnv_status',
      currency: 'cnv_currency',
    },
  ),
  template('https://docs.binom.org/postback-url.php', 'cnv_id={NETWORK_TOKEN}&payout={PAYOUT_TOKEN}', {
    click_id: 'cnv_id',
    value: 'payout',
  }),
  template('https://docs.binom.org/postback-url.php', 'cnv_id={NETWORK_TOKEN}&payout={PAYOUT_TOKEN}&cnv_status={CONVERSION_STAUS}', {
    click_id: 'cnv_id',
    value: 'payout',
    status: 'cnv_status',
  }),
  template(ALTERCPA, 'cnv_id={click}', { click_id: 'cnv_id' }),
  ...['wait', 'hold', 'approve', 'cancel', 'trash'].map((goal) =>
    template(ALTERCPA, `clickid={click}&goal=${goal}`, { click_id: 'clickid', event: 'goal' }, ['goal']),
  ),
  template('https://help.funnelflux.pro/article/87-funnelflux-entities-and-their-configuration', 'hit=REPLACE&tx=REPLACE&rev=REPLACE', {
    click_id: 'hit',
    transaction_id: 'tx',
    value: 'rev',
  }),
  template('https://pastebin.com/VHj5ZKAW', 'cid=%23s2%23&payout=%23price%23&txid=%23tid%23&et=OPTIONAL', {
    click_id: 'cid',
    value: 'payout',
    transaction_id: 'txid',
  }),
  template('http://feedback.voluum.com/knowledgebase/articles/318683-postback-urls', 'cid={aff_sub}', { click_id: 'cid' }),
  template('https://help-center.peerclick.com/en/articles/10512786', 'cid={offer-source-macro}', { click_id: 'cid' }),
  template(
    'https://pastebin.com/j1NRkc8A',
    'subid={subacc4}&payout={revenue}&status={status}&tid={trans_id}&from=adcombo.com&lead_status=hold&sale_status=lead&rejected_status=reject',
    { click_id: 'subid', value: 'payout', status: 'status', transaction_id: 'tid' },
  ),
  template('https://blog.keitaro.io/en/setup-affiliate-network/', 'subid={aff_click_id}&status={status}', {
    click_id: 'subid',
    status: 'status',
  }),
  template('http://help.keitarotds.com/postbacks', 'subid={SID1}&status={STATUS}&payout={PAYOUT}', {
    click_id: 'subid',
    status: 'status',
    value: 'payout',
  }),
  template(ORBITRA, 'subid={subid}&status=lead', { click_id: 'subid', status: 'status' }, ['status']),
  template(ORBITRA, 'subid={subid}&status=sale&payout={payout}', { click_id: 'subid', status: 'status', value: 'payout' }, ['status']),
  template(
    ORBITRA,
    'subid={subid}&status=sale&payout={payout}&tid={transaction_id}',
    { click_id: 'subid', status: 'status', value: 'payout', transaction_id: 'tid' },
    ['status'],
  ),
  template(ORBITRA, 'subid={subid}&status={status}&sale_status=approved,confirmed', { click_id: 'subid', status: 'status' }),
  called(
    'https://github.com/fenjo26/Orbitra.link/wiki/Guide-postbacks/',
    'subid=0bc4ba11-688d-4de0-98b4-8b0d6e81cef&status=sale&payout=30',
    { click_id: 'subid', status: 'status', value: 'payout' },
    { event: 'Purchase', conversion_status: 'approved' },
  ),
  template(XTRACKER, 'cid={uid}&type={event}&payout={value}', { click_id: 'cid', event: 'type', value: 'payout' }),
  template(XTRACKER, 'clickid={uid}&goal={canonical}&sum={value}&cur={currency}', {
    click_id: 'clickid',
    event: 'goal',
    value: 'sum',
    currency: 'cur',
  }),
  called(
    XTRACKER,
    'clickid=abc123&goal=deposit&sum=25.00&cur=USD',
    { click_id: 'clickid', event: 'goal', value: 'sum', currency: 'cur' },
    { event: 'Deposit' },
  ),
  template('https://docs.keitaro.io/ru/campaigns-and-streams/s2s-postback-placeholders.html', 'cid={external_id}', { click_id: 'cid' }),
  called('https://docs.keitaro.io/en/conversions/postback.html', 'status=lead&payout=10&currency=EUR', {
    status: 'status',
    value: 'payout',
    currency: 'currency',
  }),
  template(
    'https://help.redtrack.io/knowledgebase/kb/basic-setup-9785/supported-dynamic-parameters/%d1%81lick-id-parameter/',
    'clickid={affiliate_network_parameter}',
    { click_id: 'clickid' },
  ),
  template('https://docs.anytrack.io/affiliate-networks-integrations/custom-affiliate-network-integration', 'click_id={aff_sub}', {
    click_id: 'click_id',
  }),
  template(ALTERCPA, 'clickid={click}', { click_id: 'clickid' }),
  template(`${KINTURA}/ad-maven/m4trix`, 'cid={cid}&payout={payout}&txid={orderid}', {
    click_id: 'cid',
    value: 'payout',
    transaction_id: 'txid',
  }),
  template(`${KINTURA}/tonic/adsup`, 'value={payout}&clickid={externalid}', { click_id: 'clickid', value: 'value' }),
  template(`${KINTURA}/traffic-force/clickbooth`, 'click_id={externalid}', { click_id: 'click_id' }),
  template(`${KINTURA}/content.ad/linktrust`, 'cid=[=SID=]&payout=[=AffiliateCommission=]&txid=[=_TransID=]', {
    click_id: 'cid',
    value: 'payout',
    transaction_id: 'txid',
  }),
  // `uid` is the click id there, and a person almost everywhere else.
  template('https://tracker.wiki/afilter-tracker/huo-qu-zhang-hu/postback', 'uid=%23s2%23&payout=%23price%23', {
    click_id: 'uid',
    value: 'payout',
  }),
]
