package postback.peer;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;

/** The two records that follow from a matched postback, field for field as attribution writes them for a workspace without
 *  rules: its outcome, and its delivery to the destination of the click's platform. */
final class Outputs {
    private static final int SHARDS = 8;
    private static final ThreadLocal<MessageDigest> SHA_256 = ThreadLocal.withInitial(Outputs::sha256);
    private static final String[] OF_POSTBACK = {"workspace_id", "postback_id", "received_at", "source_id", "tracker"};
    private static final String[] OF_READING = {
        "event", "event_id", "conversion_status", "click_id", "transaction_id", "value", "currency", "event_time"
    };

    private final Schema outcome;
    private final Schema verdict;
    private final Schema delivery;
    private final Schema conversion;
    private final Map<String, String> destinations;

    Outputs(Schema outcome, Schema delivery, Map<String, String> destinations) {
        this.outcome = outcome;
        this.verdict = outcome.getField("deliveries").schema().getElementType();
        this.delivery = delivery;
        this.conversion = delivery.getField("conversion").schema();
        this.destinations = destinations;
    }

    static byte[] outcomeKey(Met met) {
        return (met.postback().get("workspace_id") + ":" + met.postback().get("postback_id")).getBytes(StandardCharsets.UTF_8);
    }

    GenericRecord outcome(Met met) {
        GenericRecord postback = met.postback();
        GenericRecord reading = (GenericRecord) postback.get("reading");
        GenericRecord click = met.click();
        GenericRecord record = new GenericData.Record(outcome);
        for (String field : OF_POSTBACK) record.put(field, postback.get(field));
        for (String field : OF_READING) record.put(field, reading.get(field));
        record.put("at", System.currentTimeMillis());
        record.put("stage", click == null ? "unmatched" : "matched");
        if (click == null) record.put("why", "click_not_seen");
        record.put("test", reading.get("test"));
        record.put("deliveries", List.of());
        if (click == null) return record;
        record.put("matched_by", "click_id");
        record.put("campaign_id", click.get("campaign_id"));
        record.put("platform", click.get("platform"));
        record.put("click", click);
        GenericRecord queued = new GenericData.Record(verdict);
        queued.put("platform", click.get("platform"));
        queued.put("destination_id", destinationOf(met));
        queued.put("stage", "queued");
        record.put("deliveries", List.of(queued));
        return record;
    }

    byte[] deliveryKey(Met met) {
        Object transaction = ((GenericRecord) met.postback().get("reading")).get("transaction_id");
        Object text = transaction == null ? met.postback().get("postback_id") : transaction;
        byte[] hash = SHA_256.get().digest(text.toString().getBytes(StandardCharsets.UTF_8));
        long first = (hash[0] & 0xffL) << 24 | (hash[1] & 0xff) << 16 | (hash[2] & 0xff) << 8 | (hash[3] & 0xff);
        return (destinationOf(met) + "#" + first % SHARDS).getBytes(StandardCharsets.UTF_8);
    }

    GenericRecord delivery(Met met) {
        long now = System.currentTimeMillis();
        GenericRecord postback = met.postback();
        GenericRecord converted = new GenericData.Record(conversion);
        for (String field : OF_POSTBACK) converted.put(field, postback.get(field));
        converted.put("reading", postback.get("reading"));
        converted.put("click", met.click());
        converted.put("matched_by", "click_id");
        GenericRecord record = new GenericData.Record(delivery);
        record.put("platform", met.click().get("platform"));
        record.put("destination_id", destinationOf(met));
        record.put("conversion", converted);
        record.put("due_at", now);
        record.put("queued_at", now);
        record.put("moved_at", now);
        record.put("attempts", 0L);
        record.put("workspaces_offset", postback.get("workspaces_offset"));
        return record;
    }

    private String destinationOf(Met met) {
        String destination = destinations.get(met.click().get("platform").toString());
        if (destination == null) throw new IllegalStateException("no destination of " + met.click().get("platform"));
        return destination;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException error) {
            throw new IllegalStateException(error);
        }
    }
}
