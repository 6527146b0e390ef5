import { type CorpusEntry, called, template } from './entry.ts'

const CAKE = 'https://support.getcake.com/en/support/solutions/articles/5000546096'
const POSH = 'https://posh-partners.com/faq/what-is-a-postback'
const SCALEO = 'http://help.scaleo.io/article/484-ultimate-postbacks-add-change-conversion'
const TRACKIER = 'https://help.trackier.com/en/articles/10441421-quick-guide'
const TRCKER = 'https://trcker.io/docs/postback-macros'
const BESITOS = 'https://help.besitoscorp.com/en/articles/11794071-postback-data'
const ADNESS = 'https://docs.adness.co/campaigns-postback'
const MEDIAGO = 'https://cdn.mediago.io/js/docs/platform/s2s-conversion-postback.html'
const AFFONSO = 'https://affonso.io/help/for-affiliates/postback-urls'
const GOAFFPRO = 'https://github-wiki-see.page/m/anujtenani/goaffpro/wiki/Postback-URL-formatting'
const PLAYTIME = 'https://docs.playtimeads.com/api-integration/setup-postback'
const REWARD_APPS = 'https://letest.scriptstore.store/documentation/postback/app'
const CUSTOM_EVENT = { click_id: 'click_id', value: 'amount', transaction_id: 'txn_id', event: 'event', currency: 'currency' } as const

/** What networks, platforms and offer walls say that they call, and what ad networks want to be called with. Left out: receivers
 *  whose parameters are one letter (`r` of CAKE, `c` of Ad Maven), which is no name to read a meaning from, and walls that leave
 *  every name to the publisher. */
export const fromNetworks: readonly CorpusEntry[] = [
  template(CAKE, 'click_id=%23s2%23&affiliate=%23s1%23', { click_id: 'click_id' }),
  template(
    'https://support.getcake.com/support/solutions/articles/13000118735-how-to-manage-affiliate-postbacks-via-the-cake-api',
    'click_id=%23reqsessid%23&payout=%23price%23&status=%23status%23',
    { click_id: 'click_id', value: 'payout', status: 'status' },
  ),
  template('https://support.getcake.com/support/solutions/articles/5000545788/thumbs_down', 'click_id=%23s2%23%23s3%23', {
    click_id: 'click_id',
  }),
  template('https://mrpostback.com/cake/', 'click_id=%23s2%23', { click_id: 'click_id' }),
  template('https://mrpostback.com/cake/', 'click_id=%23s2%23&amt=%23price%23', { click_id: 'click_id', value: 'amt' }),
  template('https://www.mrpostback.com/how-postbacks-work', 'cid={transaction_id}&payout={sale_amount}', {
    click_id: 'cid',
    value: 'payout',
  }),
  // "In {transaction_id} will be subid parameter transferred to an affiliate link": the click under the name of the order.
  template(POSH, 'goal_id=333&transaction_id={transaction_id}&amount={amount}', { click_id: 'transaction_id', value: 'amount' }),
  ...['conv', 'conv-change', 'conv-addchange'].map((path) =>
    called(
      `${SCALEO}#track/${path}`,
      'click_id=974efaa86716e372442ab44c8a3f563b&token=344387eb&goal_id=1673&conv_status=pending&aff_param1=AP12&firstname=John&lastname=Smith&sub_id1=SID1',
      { click_id: 'click_id', status: 'conv_status', sub1: 'sub_id1' },
      { conversion_status: 'pending' },
    ),
  ),
  template(TRACKIER, 'click_id={p1}&security_token=xxxxx', { click_id: 'click_id' }),
  template(TRACKIER, 'click_id={p1}&security_token=xxxxxx', { click_id: 'click_id' }),
  template(TRACKIER, 'click_id={p1}&security_token=xxx&sale_amount={amount}', { click_id: 'click_id', value: 'sale_amount' }),
  template(TRCKER, 'click_id={click_id}&amount=49.99', { click_id: 'click_id', value: 'amount' }, ['amount']),
  ...['sale', 'lead', 'install', 'signup'].map((event) =>
    called(TRCKER, `click_id=a1b2c3d4&amount=49.99&txn_id=order-12345&event=${event}&currency=USD`, CUSTOM_EVENT),
  ),
  called(
    'https://money-geek.click/docs/postback-macros',
    'click_id=a1b2c3d4-e5f6-7890&amount=49.99&payout=7.50&txn_id=order-12345&coupon_code=PARTNER20',
    { click_id: 'click_id', value: 'payout', transaction_id: 'txn_id' },
  ),
  template(
    'https://pub.acornads.com/postback-documentation',
    'offerID={offer_id}&offerName={offer_name}&subid1={s1}&payout={amount}&transID={transaction_id}&ip={ip_address}&secret={hash}',
    { sub1: 'subid1', value: 'payout', transaction_id: 'transID', client_ip: 'ip' },
  ),
  template(
    'https://www.kuala.com/support/affiliate-postback-tracking',
    'tid={tid}&subid1={subid1}&subid2={subid2}&offer={offer}&payout={payout}&xid={xid}',
    { click_id: 'tid', sub1: 'subid1', sub2: 'subid2', value: 'payout', transaction_id: 'xid' },
  ),
  template('https://offer18.gitbook.io/knowledge-base/global-postback-parameters', 'mid=000&tid={aff_click_id}', { click_id: 'tid' }),
  template(
    'https://www.microjoblab.com/affiliate/postback',
    'aff_id={aff_id}&offer_id={offer_id}&payout={payout}&status={status}&sub_id={sub_id}&transaction_id={transaction_id}',
    { click_id: 'sub_id', value: 'payout', status: 'status', transaction_id: 'transaction_id' },
  ),
  template(
    'https://partner.trackxpay.online/postback.php',
    'click_id={aff_click_id}&sub_aff_id={sub_aff_id}&offer_id={offer_id}&event={event_name}&ip={ip}',
    { click_id: 'click_id', event: 'event', client_ip: 'ip' },
  ),
  called('https://dermoney.com/documentation', 'subId=user-7&transId=T100&reward=120&payout=1.20&status=1&userIp=203.0.113.9&country=US', {
    click_id: 'subId',
    transaction_id: 'transId',
    value: 'payout',
    status: 'status',
    client_ip: 'userIp',
  }),
  called(BESITOS, 'user_id=tWAek9twniogX0e&transaction_id=2601367&reward=0.00&payout=17.55&offer_id=ZdpmgapG21vK&goal_id=ZdpmgapG21vK_0', {
    transaction_id: 'transaction_id',
    value: 'payout',
  }),
  called(BESITOS, 'user_id=tWAek9twniogX0e&transaction_id=6216222&reward=1.00&payout=.40&survey_id=61&type=survey', {
    transaction_id: 'transaction_id',
    value: 'payout',
    event: 'type',
  }),
  called(BESITOS, 'user_id=tWAek9twniogX0e&transaction_id=6216220&reward=60.00&payout=100.75&deal_id=tv1657278769&type=deal', {
    transaction_id: 'transaction_id',
    value: 'payout',
    event: 'type',
  }),
  template(
    'https://docs.prodegeads.com/postbacks/postback-information',
    'conversion_id={conversion_id}&user_id={s1}&point_value={points}&usd_value={payout}&offer_title={vc_title}',
    { transaction_id: 'conversion_id', value: 'usd_value' },
  ),
  template(AFFONSO, 'event={event_type}&rid={referral_id}&amount={commission_amount}', { event: 'event', value: 'amount' }),
  called(AFFONSO, 'event=commission.created&rid=ref_abc123&amount=12.50', { event: 'event', value: 'amount' }),
  template(
    'https://www.rs-traffic.net/postbacks',
    'clickid={clickid}&event=ftd&status=approved&amount={amount}&currency={currency}&sign={sign}',
    { click_id: 'clickid', event: 'event', status: 'status', value: 'amount', currency: 'currency' },
    ['event', 'status'],
  ),
  called(
    'https://www.rs-traffic.net/postbacks',
    'clickid=abc123def456&event=ftd&status=approved&amount=50.00&currency=USD&geo=DE&sub_id_1=fb_de_001&sub_id_2=pwa&payment_method=card&timestamp=1717000000',
    { click_id: 'clickid', event: 'event', status: 'status', value: 'amount', currency: 'currency', sub1: 'sub_id_1', sub2: 'sub_id_2' },
    { event: 'Deposit', conversion_status: 'approved' },
  ),
  template(
    'https://readme.anytrack.io/docs/digistore24-merchants.md',
    'cid={cid}&sid1={sid1}&campaignkey={campaignkey}&country={country}&amount_affiliate={amount_affiliate}&amount_brutto={amount_brutto}&amount_netto={amount_netto}&currency={currency}&product_id={product_id}&product_name={product_name}&transaction_id={transaction_id}&transaction_type={transaction_type}',
    {
      click_id: 'cid',
      value: 'amount_affiliate',
      currency: 'currency',
      transaction_id: 'transaction_id',
      status: 'transaction_type',
    },
  ),
  template(
    'http://help-advertisers.adsterra.com/en/articles/4575914-how-do-i-setup-postback',
    'subid_short=CLICK_ID&atpay=1.5',
    { click_id: 'subid_short', value: 'atpay' },
    ['atpay'],
  ),
  template('http://help-advertisers.adsterra.com/en/articles/4575914-how-do-i-setup-postback', 'subid_short=CLICK_ID', {
    click_id: 'subid_short',
  }),
  template(ADNESS, 'clickid=[REQUIRED]&revenue=[OPTIONAL]&type=[OPTIONAL]&id=[OPTIONAL]', {
    click_id: 'clickid',
    value: 'revenue',
    event: 'type',
  }),
  template(ADNESS, 'clickid={your_clickid_parameter}&type=signup&revenue=0', { click_id: 'clickid', event: 'type', value: 'revenue' }, [
    'type',
    'revenue',
  ]),
  template(
    ADNESS,
    'clickid={your_clickid_parameter}&type=sale&revenue={payout}',
    { click_id: 'clickid', event: 'type', value: 'revenue' },
    ['type'],
  ),
  template(ADNESS, 'clickid={your_clickid_parameter}&type={event_name}&revenue={payout}', {
    click_id: 'clickid',
    event: 'type',
    value: 'revenue',
  }),
  template(
    MEDIAGO,
    `trackingid=\${TRACKING_ID}&adid=\${AD_ID}&conversiontype=\${CONVERSION_TYPE}&conversionprice=\${CONVERSION_PRICE}&includeintotalconversion=\${INCLUDE_INTOTAL}&accountname=\${ACCOUNT_NAME}`,
    { click_id: 'trackingid', event: 'conversiontype', value: 'conversionprice' },
  ),
  called(
    MEDIAGO,
    'trackingid=3990b3995f7070b7727c18e074c76701&adid=1000000&conversiontype=1&conversionprice=3.5&includeintotalconversion=1&accountname=my_account_name',
    { click_id: 'trackingid', event: 'conversiontype', value: 'conversionprice' },
  ),
  template(
    'https://3xpush.com/blog/2/11/?lang=en',
    'sid={sub2}&clickid={sub3}&money={money}&curr=usd&status={status}&cpaname={cpaname}&offer={offer}&landing={landing}&layer={layer}',
    { click_id: 'clickid', value: 'money', currency: 'curr', status: 'status' },
    ['curr'],
  ),
  template('https://www.cpalead.com/documentation/postback/index.php', 'subid={subid}&subid2={subid2}&subid3={subid3}', {
    click_id: 'subid',
    sub2: 'subid2',
    sub3: 'subid3',
  }),
  template(REWARD_APPS, 'user={user_id}&txn={transaction_id}&amount={payout}&currency={currency}', {
    transaction_id: 'txn',
    value: 'amount',
    currency: 'currency',
  }),
  template(REWARD_APPS, 'uid={user_id}&txn={transaction_id}&amount={payout}', { transaction_id: 'txn', value: 'amount' }),
  template(
    'https://docs.clickwall.net/postback',
    'user_id={user_id}&payout={payout}&amount={amount}&offer_name={offer_name}&user_ip={user_ip}&txid={txid}',
    { value: 'payout', transaction_id: 'txid', client_ip: 'user_ip' },
  ),
  template('https://developers.everflow.io/api-reference/post-affiliatespixels', 'tid={transaction_id}&amount={revenue}', {
    click_id: 'tid',
    value: 'amount',
  }),
  called(
    'https://support.qualityunit.com/492724-General-sales--leads-tracking',
    'TotalCost=120.50&OrderID=ORD_12345XYZ&ProductID=test+product',
    { value: 'TotalCost', transaction_id: 'OrderID' },
  ),
  // `name` is somebody's first or last name before it is an event's.
  template(
    'https://developers.taboola.com/pixel/docs/the-postback-url',
    'click-id=CLICK_ID&name=EVENT_NAME&revenue=REVENUE&currency=CURRENCY&orderid=ORDER_ID',
    { click_id: 'click-id', event: 'name', value: 'revenue', currency: 'currency', transaction_id: 'orderid' },
  ),
  template(
    'https://wiki.kadam.net/en/index.php?title=Configuring_postback_for_Binom',
    'cnv_id={subid}&payout={payout}&cnv_status={status}',
    {
      click_id: 'cnv_id',
      value: 'payout',
      status: 'cnv_status',
    },
  ),
  template(
    'https://developers.admitad.com/it/doc/api_en/methods/opt_codes/opt-codes-create-action/',
    'offer_id=[[[offer_id]]]&time=[[[time]]]',
    {},
  ),
  template(
    'https://docs.perkox.com/getting-started/apps/postback-url-configuration',
    'user_id=(player_id)&click=(click_id)&status=(status)',
    {
      click_id: 'click',
      status: 'status',
    },
  ),
  template(
    PLAYTIME,
    'clickId={clickId}&campaignId={campaignId}&campaignName={campaignName}&payout={payout}&signature={sig}&event={event}&sub1={sub1}&sub2={sub2}&sub3={sub3}&sub4={sub4}&sub5={sub5}&sub6={sub6}&sub7={sub7}&sub8={sub8}&sub9={sub9}&sub10={sub10}&gaid={users_advertising_id}&clickIp={clickIpaddress}&clickDatetime={clickDatetime}&conversionDatetime={conversionDatetime}&timeZone={timeZone}',
    { click_id: 'clickId', value: 'payout', event: 'event', sub1: 'sub1', sub2: 'sub2', sub3: 'sub3' },
  ),
  called(
    PLAYTIME,
    'clickId=123&campaignId=123&campaignName=Test_game&payout=500&signature=45786sdg458-sdg465-659s465sdg-465ery98bm-65fb798sdg32dv&event=Complete_level_X&clickDatetime=202X-0X-0X XX:XX:XX&conversionDatetime=202X-0X-0X XX:XX:XX&timeZone=IST',
    {
      click_id: 'clickId',
      value: 'payout',
      event: 'event',
    },
  ),
  template(
    PLAYTIME,
    'user_id={user_id}&offer_id={offer_id}&offer_name={offer_name}&payout={payout}&signature={signature}&event={event}&sub1={sub1}&sub2={sub2}&sub3={sub3}&sub4={sub4}&sub5={sub5}&sub6={sub6}&sub7={sub7}&sub8={sub8}&sub9={sub9}&sub10={sub10}&gaid={users_advertising_id}&clickIp={clickIpaddress}&clickDatetime={clickDatetime}&conversionDatetime={conversionDatetime}&timeZone={timeZone}&callback_type={callback_type}',
    { value: 'payout', event: 'event', sub1: 'sub1', sub2: 'sub2', sub3: 'sub3' },
  ),
  template(
    'https://docs.playtimeads.com/inframe-integration/setup-postback',
    'user_id={user_id}&offer_id={offer_id}&offer_name={offer_name}&payout={payout}&signature={signature}&event={event}&sub1={sub1}&sub2={sub2}&sub3={sub3}&sub4={sub4}&sub5={sub5}&sub6={sub6}&sub7={sub7}&sub8={sub8}&sub9={sub9}&sub10={sub10}&gaid={users_advertising_id}&clickIp={clickIpaddress}&clickDatetime={clickDatetime}&conversionDatetime={conversionDatetime}&timeZone={timeZone}&callback_type={callback_type}&currency_name={currency_name}&appKey={appKey}&amount={amount}',
    { value: 'payout', event: 'event', sub1: 'sub1', sub2: 'sub2', sub3: 'sub3' },
  ),
  called(
    'https://docs.playtimeads.com/payout/setup-s2s-postback',
    'user_id=123&offer_id=123&offer_name=Test_game&payout=500&amount=250&signature=45786sdg458-sdg465-659s465sdg-465ery98bm-65fb798sdg32dv&task_name=Complete_level_X&task_id=162657',
    { value: 'payout' },
  ),
  template(GOAFFPRO, 'order={{order.number}}&amt={{order.amount}}&comm={{order.commission}}', { transaction_id: 'order', value: 'amt' }),
  template(GOAFFPRO, 'order={{order.number}}&campaign={{link.query.campaign}}', { transaction_id: 'order' }),
  template(GOAFFPRO, 'order={{order.number}}&subid={{link.sub_id}}', { transaction_id: 'order', click_id: 'subid' }),
  template(
    GOAFFPRO,
    'order={{order.number}}&amount={{order.amount}}&commission={{order.commission}}&subid={{link.sub_id}}&hash={{link.hash}}&path={{link.path}}',
    { transaction_id: 'order', value: 'amount', click_id: 'subid' },
  ),
]
