package postback.peer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;

/** One record of one schema behind the registry's five bytes: magic 0 and the schema's id. Reader, writer, decoder, encoder and
 *  buffer are kept per thread; strings stay Utf8, so that a field that is passed on is never turned into text. */
final class AvroSerde implements Serde<GenericRecord>, Serializer<GenericRecord>, Deserializer<GenericRecord> {
    private static final int HEADER_BYTES = 5;

    private final int id;
    private final ThreadLocal<State> states;

    AvroSerde(Schema schema, int id) {
        this.id = id;
        this.states = ThreadLocal.withInitial(() -> new State(schema));
    }

    private static final class State {
        final GenericDatumReader<GenericRecord> reader;
        final GenericDatumWriter<GenericRecord> writer;
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream(2_048);
        BinaryDecoder decoder;
        BinaryEncoder encoder;

        State(Schema schema) {
            reader = new GenericDatumReader<>(schema);
            writer = new GenericDatumWriter<>(schema);
        }
    }

    @Override
    public byte[] serialize(String topic, GenericRecord record) {
        if (record == null) return null;
        State state = states.get();
        state.bytes.reset();
        state.bytes.write(0);
        state.bytes.write(id >>> 24);
        state.bytes.write(id >>> 16);
        state.bytes.write(id >>> 8);
        state.bytes.write(id);
        try {
            state.encoder = EncoderFactory.get().binaryEncoder(state.bytes, state.encoder);
            state.writer.write(record, state.encoder);
            state.encoder.flush();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        return state.bytes.toByteArray();
    }

    @Override
    public GenericRecord deserialize(String topic, byte[] bytes) {
        if (bytes == null) return null;
        int found = (bytes[1] & 0xff) << 24 | (bytes[2] & 0xff) << 16 | (bytes[3] & 0xff) << 8 | (bytes[4] & 0xff);
        if (bytes[0] != 0 || found != id) throw new IllegalArgumentException("schema " + found + " in " + topic + ", not " + id);
        State state = states.get();
        try {
            state.decoder = DecoderFactory.get().binaryDecoder(bytes, HEADER_BYTES, bytes.length - HEADER_BYTES, state.decoder);
            return state.reader.read(null, state.decoder);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    @Override
    public void configure(Map<String, ?> configs, boolean isKey) {}

    @Override
    public void close() {}

    @Override
    public Serializer<GenericRecord> serializer() {
        return this;
    }

    @Override
    public Deserializer<GenericRecord> deserializer() {
        return this;
    }
}
