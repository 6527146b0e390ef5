package postback.peer;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.Reader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.KeyValueStore;

/** Topic `postbacks` joined with table `clicks`, one outcome and one delivery for each. The only argument names a properties
 *  file: what begins with `streams.` goes to Kafka Streams, what begins with `peer.` is for us. See README.md. */
public final class Join {
    private static final Serde<byte[]> KEY = Serdes.ByteArray();

    public static void main(String[] args) throws IOException {
        Properties given = new Properties();
        try (Reader file = Files.newBufferedReader(Path.of(args[0]))) {
            given.load(file);
        }
        Map<String, String> peer = startingWith(given, "peer.");
        Properties config = new Properties();
        config.putAll(startingWith(given, "streams."));
        Topology topology = topology(peer, config);
        KafkaStreams streams = new KafkaStreams(topology, config);
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            Runtime.getRuntime().halt(1);
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        // Else its next start waits for the session of the last one to expire, 45 s.
        CloseOptions leave = CloseOptions.groupMembershipOperation(GroupMembershipOperation.LEAVE_GROUP);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(leave)));
        serveReadiness(Integer.parseInt(peer.get("port")), streams);
        streams.start();
    }

    private static Topology topology(Map<String, String> peer, Properties config) throws IOException {
        Function<String, Schema> schemaOf = name -> parse(Path.of(peer.get("schemas"), name + ".avsc"));
        Function<String, Integer> idOf = subject -> Integer.valueOf(peer.get("id." + subject));
        AvroSerde clickSerde = new AvroSerde(schemaOf.apply("click"), idOf.apply("clicks"));
        AvroSerde postbackSerde = new AvroSerde(schemaOf.apply("postback"), idOf.apply("postbacks"));
        Schema outcome = schemaOf.apply("outcome");
        Schema delivery = schemaOf.apply("delivery");
        AvroSerde outcomeSerde = new AvroSerde(outcome, idOf.apply("outcomes"));
        AvroSerde deliverySerde = new AvroSerde(delivery, idOf.apply("deliver"));
        Outputs outputs = new Outputs(outcome, delivery, startingWith(peer, "destination."));
        String prefix = peer.get("prefix");

        StreamsBuilder builder = new StreamsBuilder();
        KStream<byte[], GenericRecord> postbacks = builder.stream("postbacks", Consumed.with(KEY, postbackSerde));
        KStream<byte[], Met> met = "lean".equals(peer.get("style"))
            ? postbacks.leftJoin(
                builder.table("clicks", Consumed.with(KEY, KEY), Materialized.<byte[], byte[], KeyValueStore<Bytes, byte[]>>as("clicks")),
                (postback, click) -> new Met(postback, clickSerde.deserialize("clicks", click)),
                Joined.with(KEY, postbackSerde, KEY))
            : postbacks.leftJoin(
                builder.table("clicks", Consumed.with(KEY, clickSerde), Materialized.<byte[], GenericRecord, KeyValueStore<Bytes, byte[]>>as("clicks")),
                Met::new,
                Joined.with(KEY, postbackSerde, clickSerde));
        met.map((key, one) -> KeyValue.pair(Outputs.outcomeKey(one), outputs.outcome(one)))
            .to(prefix + "outcomes", Produced.with(KEY, outcomeSerde));
        met.filter((key, one) -> one.click() != null)
            .map((key, one) -> KeyValue.pair(outputs.deliveryKey(one), outputs.delivery(one)))
            .to((key, record, context) -> prefix + "deliver." + record.get("platform"), Produced.with(KEY, deliverySerde));
        return builder.build(config);
    }

    /** `GET /readyz` answers 200 once every task runs. */
    private static void serveReadiness(int port, KafkaStreams streams) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext("/readyz", exchange -> {
            exchange.sendResponseHeaders(streams.state() == KafkaStreams.State.RUNNING ? 200 : 503, -1);
            exchange.close();
        });
        server.start();
    }

    private static Schema parse(Path file) {
        try {
            return new Schema.Parser().parse(file.toFile());
        } catch (IOException error) {
            throw new IllegalArgumentException(file.toString(), error);
        }
    }

    private static Map<String, String> startingWith(Map<?, ?> all, String prefix) {
        return all.entrySet().stream()
            .filter(entry -> entry.getKey().toString().startsWith(prefix))
            .collect(Collectors.toMap(entry -> entry.getKey().toString().substring(prefix.length()), entry -> entry.getValue().toString()));
    }
}
